"""A fitted pyGAM model: splines, lines and factors of one input each, and tensor terms of two or
more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Output
from sna_edge.errors import InputError

from ..adopted import Adopted, Domain
from ..atoms import Atoms, Piecewise

Floats = NDArray[np.float64]
LINKS = {"identity": "identity", "log": "exp", "logit": "logistic"}


def from_gam(gam: Any, domain: Sequence[Domain], output: Output | None = None) -> Adopted:
    """f = intercept + sum_terms spline_t(x_t); y through the inverse of the link (identity, log,
    logit).

    `domain`: one entry per column of the table the GAM was fitted on, inside the edge knots of its
    splines. Raises InputError for terms with a `by` variable or of an unknown kind.
    """
    if not (hasattr(gam, "link") and hasattr(gam, "terms")):
        raise InputError(f"a {type(gam).__name__} is not a pyGAM model; give a fitted GAM")
    link = str(gam.link._name) if hasattr(gam.link, "_name") else str(gam.link)
    if link not in LINKS:
        raise InputError(f"the link {link} of this GAM is unknown; use identity, log or logit")
    if not hasattr(gam, "coef_"):
        raise InputError("this GAM has not been fitted; call its fit first")
    if len(domain) != gam.statistics_["m_features"]:
        raise InputError(
            f"this GAM has {gam.statistics_['m_features']} columns and the domain {len(domain)}"
            " inputs; give one per column"
        )
    bias, columns = 0.0, _Columns(len(domain))
    for i, term in enumerate(gam.terms):
        coefficients = np.asarray(gam.coef_)[gam.terms.get_coef_indices(i)]
        if term.isintercept:
            bias += float(coefficients.sum())
        elif getattr(term, "by", None) is not None:
            raise InputError(f"term {i} of this GAM has a by-variable; adopt the model without it")
        elif term.istensor:
            columns.tensor([_marginal(t) for t in term], coefficients)
        else:
            columns.add([_marginal(term)], [coefficients[:, None]])
    answer = output or Output("y")
    answer = Output(answer.name, answer.unit, link=LINKS[link], bias=bias)
    atoms, modes, count = columns.finish(domain)
    return Adopted(
        tuple(domain),
        atoms,
        modes,
        np.ones((count, 1)),
        (answer,),
        f"GAM of {len(gam.terms)} terms",
    )


Marginal = tuple[int, Any, Floats, int, bool]
"""Column of the table, function x -> basis values [N, n], breaks, degree, continuity."""


def _marginal(term: Any) -> Marginal:
    name = type(term).__name__
    feature = int(term.feature)

    def basis(x: Floats) -> Floats:
        table = np.zeros((len(x), feature + 1))
        table[:, feature] = x
        return np.asarray(term.build_columns(table).todense(), dtype=float)

    if name == "LinearTerm":
        return feature, basis, np.array([]), 1, True
    if name == "SplineTerm" and term.basis == "ps":
        lower, upper = term.edge_knots_
        order = int(term.spline_order)
        return (
            feature,
            basis,
            np.linspace(lower, upper, 1 + int(term.n_splines) - order),
            order,
            order > 0,
        )
    raise InputError(
        f"the term {name} of this GAM cannot be adopted; use s (basis 'ps'), l or te terms"
    )


class _Columns:
    """Modes gathered term by term: for every mode and axis, coefficients of a marginal basis."""

    def __init__(self, inputs: int) -> None:
        self.parts: list[list[tuple[int, Marginal, Floats]]] = [[] for _ in range(inputs)]
        self.count = 0

    def add(self, marginals: Sequence[Marginal], tables: Sequence[Floats]) -> None:
        """Modes prod_m (basis_m tables_m)[:, r], r = 0 .. columns - 1."""
        for marginal, table in zip(marginals, tables, strict=True):
            self.parts[marginal[0]].append((self.count, marginal, table))
        self.count += tables[0].shape[1]

    def tensor(self, marginals: Sequence[Marginal], coefficients: Floats) -> None:
        """A coefficient tensor over two inputs by its singular values, exactly; over more, a mode
        per fibre."""
        sizes = [len(m[1](np.zeros(1))[0]) for m in marginals]
        if len(marginals) == 2:
            u, s, v = np.linalg.svd(coefficients.reshape(sizes), full_matrices=False)
            self.add(marginals, [u * s, v.T])
            return
        first = np.prod(sizes[:-1], dtype=int)
        units = np.array(np.unravel_index(np.arange(first), sizes[:-1]))
        tables = [np.eye(n)[:, units[d]] for d, n in enumerate(sizes[:-1])]
        self.add(marginals, [*tables, coefficients.reshape(first, -1).T])

    def finish(
        self, domain: Sequence[Domain]
    ) -> tuple[tuple[Atoms, ...], tuple[NDArray[np.int64], ...], int]:
        atoms: list[Atoms] = []
        modes = []
        for parts, box in zip(self.parts, domain, strict=True):
            modes.append(
                np.concatenate(
                    [[], *(np.arange(start, start + t.shape[1]) for start, _, t in parts)]
                ).astype(int)
            )
            breaks = np.unique(
                np.concatenate([[box.lower, box.upper], *(m[2] for _, m, _ in parts)])
            )
            degree = max((m[3] for _, m, _ in parts), default=1)
            continuous = all(m[4] for _, m, _ in parts)
            atoms.append(Piecewise(_joined(parts), len(modes[-1]), breaks, degree, continuous))
        return tuple(atoms), tuple(modes), self.count


def _joined(parts: list[tuple[int, Marginal, Floats]]):
    def value(x: Floats) -> Floats:
        return np.hstack([np.zeros((len(x), 0)), *(m[1](x) @ t for _, m, t in parts)])

    return value
