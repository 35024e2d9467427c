"""Powers of the parameters that lengths, widths and depths of melt pools follow, for the moving
coordinates of `sna_export.lpbf.melting_pool`.

    python tools/physics/lpbf_pool_powers.py [--settings N]

The melting problem is solved at settings of its own, none of which is among the references of
`lpbf_nonlinear_reference.json`, so that those judge the model and have no part in it.
"""

from __future__ import annotations

import argparse

import numpy as np
from lpbf_pool import pool_sizes
from numpy.typing import NDArray
from scipy.stats import qmc

from sna_export.lpbf.melting import IN718, RANGES
from sna_export.lpbf.melting_pool import DEGREES, MIDDLE, NEAR, UM, Moving, melting
from sna_export.solve.direct.newton import settled
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.weak_form.restated import restated

Floats = NDArray[np.float64]
SEED, RESIDUAL = 11, 1e-3
NAMES = {"reach": "length_um", "across": "width_um", "down": "depth_um"}


def settings(count: int) -> list[dict[str, float]]:
    """Of the box, by a Latin hypercube."""
    share = qmc.LatinHypercube(len(DEGREES), seed=SEED).random(count)
    ends = np.array([RANGES[n] for n in DEGREES]).T
    drawn = ends[0] + share * (ends[1] - ends[0])
    return [dict(zip(DEGREES, row.tolist(), strict=True)) for row in drawn]


def sizes(at: dict[str, float]) -> dict[str, float]:
    """Of the pool at one setting, um."""
    problem = restated(melting(), at)
    system, _ = assemble(problem)
    found = settled(problem, RESIDUAL, lambda: None).found
    tables = [m @ np.eye(m.shape[1]) for m in system.maps]

    def on(x: Floats, y: Floats, z: Floats) -> Floats:
        inputs = Moving(IN718).inputs(x, y, z, **at)
        u = found.reshape([t.shape[1] for t in tables])
        for axis, table, q in zip(problem.axes, tables, inputs, strict=True):
            inside = np.clip(q, axis.basis.lower, axis.basis.upper)
            u = np.tensordot(u, axis.basis.design(inside) @ table, axes=([0], [1]))
        return np.asarray(at["preheat"] + u)

    return pool_sizes(on)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--settings", type=int, default=32, metavar="N")
    count = parser.parse_args().settings
    given = settings(count)
    found = [sizes(at) for at in given]
    logs = [
        [1.0, *(np.log((IN718.liquidus - at["preheat"] if n == "rise" else at[n]) / MIDDLE[n])
                for n in MIDDLE)]
        for at in given
    ]  # fmt: skip
    for name, size in NAMES.items():
        less = NEAR / UM if name == "reach" else 0.0
        y = np.array([one[size] for one in found]) - less
        powers, *_ = np.linalg.lstsq(np.array(logs), np.log(y))
        off = np.exp(np.array(logs) @ powers) / y - 1.0
        said = ", ".join(f'"{n}": {p:.2f}' for n, p in zip(MIDDLE, powers[1:], strict=True))
        print(f'"{name}": {{{said}}},  # {100 * np.sqrt(np.mean(off**2)):.1f} % off (RMS)')


if __name__ == "__main__":
    main()
