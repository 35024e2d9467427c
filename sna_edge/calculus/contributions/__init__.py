"""What each input contributes to a prediction: Shapley values of the game that puts inputs from a
reference to the point.

    v(S) = f(x_d for d in S, reference_d for the others),   sum over inputs = f(x) - f(reference)

Of a sum of products v is one too, and its Shapley values are integrals of polynomials, exact by a
few Gauss nodes (`diagonal`). Behind a link they are sums over all mixed settings, or over some of
them with a stated error (`coalitions`). Source: Shapley, A value for n-person games (1953); Owen,
Multilinear extensions of games, Management Science 18 (1972).
"""

from .record import Contributions

__all__ = ["Contributions"]
