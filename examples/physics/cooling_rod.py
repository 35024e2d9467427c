"""A rod that loses heat at one end: state it, solve it with the loss as an input, query it.

-k u'' = 0 on a rod of 1 m, u = 100 K above the room at x = 0, k u'(1) + h u(1) = 0 with the film
coefficient h as a parameter axis. Exact: u = 100 (1 - x h / (k + h)).

    python examples/physics/cooling_rod.py
"""

from __future__ import annotations

from sna_edge import Uniform
from sna_export.solve import (
    Problem,
    d,
    expression,
    on,
    parameter,
    solve,
    space,
    test_function,
    unknown,
)

CONDUCTIVITY = 20.0  # W/(m K)


def problem() -> Problem:
    """The weak form, as on paper: int k u_x v_x dx + h u v at x = 1."""
    x = space("x", 0.0, 1.0, spans=4, degree=2, zero="lower")
    h = parameter("film", 5.0, 100.0, spans=8, degree=5, unit="W/(m2 K)")
    u, v = unknown(), test_function()
    weak = CONDUCTIVITY * d(u, x) * d(v, x) + h * u * v * on(x, "upper")
    return Problem(
        "cooling-rod", (x, h), weak, 0.0 * v, lift=expression(100.0), output="temperature", unit="K"
    )


def main() -> float:
    solution = solve(problem(), tolerance=1e-8)
    model = solution.model
    tip = float(model(x=1.0, film=30.0)[0])
    average = model.at(x=1.0).mean({"film": Uniform(20.0, 40.0)})
    print(f"{model!r}, relative residual {solution.residual:.1e}")
    print(f"tip at h = 30: {tip:.4f} K, by hand {100 * (1 - 30 / 50):.4f} K")
    print(
        f"tip on average for h between 20 and 40: {float(average[0]):.4f} K, exact, without"
        " sampling"
    )
    return tip


if __name__ == "__main__":
    main()
