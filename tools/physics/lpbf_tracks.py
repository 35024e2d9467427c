"""Single tracks of alloy 625 (NIST AM-Bench 2018-02) by conduction with k(T), c(T) and latent heat:
one absorptivity fitted on some cases, the others predicted.

    python tools/physics/lpbf_tracks.py [--docs]

The melting problem of `sna_export.lpbf.melting_pool` is solved at each case for six absorptivities
(36 solves, three minutes of a processor); sizes of the pool between them are monotone cubics.
`--docs` writes docs/tables/lpbf_tracks.md and docs/pictures/physics/tracks.svg.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lpbf_pool import pool_sizes
from numpy.typing import NDArray
from physics_laser import TRACKS, measured_tracks
from scipy.interpolate import PchipInterpolator
from scipy.optimize import minimize_scalar

from sna_export.lpbf.alloys import IN625
from sna_export.lpbf.material import Curve, Melting
from sna_export.lpbf.melting_pool import Moving, melting
from sna_export.report import Plot, ends
from sna_export.report.page import STANDALONE
from sna_export.solve.direct.newton import settled
from sna_export.solve.solvers.assembly import assemble
from sna_export.solve.weak_form.restated import restated

Floats = NDArray[np.float64]
DOCS = Path(__file__).resolve().parents[2] / "docs"
ROOM = 298.0  # K
RESIDUAL = 1e-3
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.75)  # absorptivities at which pools are solved
TRAINED = ("AMMT A", "AMMT C")
KEYHOLE = 0.6  # of the light, as measured in keyholes (0.62 in Ti-6Al-4V, up to 0.78 in 316L)
SIZES = ("width", "depth", "length")


@dataclass(frozen=True)
class Pools:
    """Sizes of the pool of every case, um, as functions of the absorptivity."""

    title: str
    sizes: dict[str, dict[str, PchipInterpolator]]

    def __call__(self, case: str, absorptivity: float) -> dict[str, float]:
        return {n: float(f(absorptivity)) for n, f in self.sizes[case].items()}


def pools(title: str, alloy: Melting, cases: dict[str, dict[str, float]]) -> Pools:
    """Solved at every case and absorptivity."""
    found = {}
    for name, case in cases.items():
        rows = [solved_sizes(alloy, case, share) for share in SHARES]
        found[name] = {n: PchipInterpolator(SHARES, [r[f"{n}_um"] for r in rows]) for n in SIZES}
        print(f"{title}: {name} solved", flush=True)
    return Pools(title, found)


def solved_sizes(alloy: Melting, case: dict[str, float], absorptivity: float) -> dict[str, float]:
    """Length, width and depth of one pool, um."""
    power = case["power"] * absorptivity / alloy.absorptivity
    at = {"speed": case["speed"] / 1e3, "radius": case["spot"] / 2e6, "preheat": ROOM}
    at["power"] = power
    problem = restated(melting(alloy), at)
    system, _ = assemble(problem)
    found = settled(problem, RESIDUAL, lambda: None).found
    tables = [m @ np.eye(m.shape[1]) for m in system.maps]

    def on(x: Floats, y: Floats, z: Floats) -> Floats:
        u = found.reshape([t.shape[1] for t in tables])
        inputs = Moving(alloy).inputs(x, y, z, **at)
        for axis, table, q in zip(problem.axes, tables, inputs, strict=True):
            inside = np.clip(q, axis.basis.lower, axis.basis.upper)
            u = np.tensordot(u, axis.basis.design(inside) @ table, axes=([0], [1]))
        return np.asarray(ROOM + u)

    return pool_sizes(on, alloy.liquidus, 1400e-6)


def constant(alloy: Melting) -> Melting:
    """k and c of the card at 1500 K for all temperatures, no latent heat."""
    k, c = (
        Curve(np.array([300.0, 3000.0]), np.full(2, float(f(1500.0))), f.unit, f.source, f.stated_K)
        for f in (alloy.conductivity, alloy.specific_heat)
    )
    return Melting(alloy.density, k, c, 0.0, alloy.solidus, alloy.liquidus, alloy.absorptivity)


def fitted(found: Pools, cases: dict[str, dict[str, float]], names: tuple[str, ...]) -> float:
    """The absorptivity with the least sum of squared relative misses of width and depth."""

    def miss(share: float) -> float:
        sizes = {n: found(n, share) for n in names}
        return sum((sizes[n][q] / cases[n][q] - 1) ** 2 for n in names for q in ("width", "depth"))

    return float(minimize_scalar(miss, bounds=(SHARES[0], SHARES[-1]), method="bounded").x)


def table(results: list[tuple[Pools, float]], cases: dict[str, dict[str, float]]) -> str:
    """Predicted and, in brackets, measured sizes, case by case; the mean misses of those that were
    held out; last the narrow beam with what a keyhole absorbs."""
    lines = [
        "| properties | absorptivity | case | width, um | depth, um | depth / width | length, um |",
        "|---|---|---|---|---|---|---|",
    ]
    for found, share in results:
        for name, case in cases.items():
            role = "fitted" if name in TRAINED else "held out"
            lines.append(row(found.title, share, f"{name}, {role}", found(name, share), case))
        for group in ("AMMT", "CBM"):
            held = [n for n in cases if n.startswith(group) and n not in TRAINED]
            cells = [f"{missed(found, share, cases, held, q):+.0f} %" for q in SIZES]
            lines.append(
                f"| {found.title} | {share:.2f} | **{group} held out: mean miss** | {cells[0]} |"
                f" {cells[1]} | | {cells[2]} |"
            )
    card = results[0][0]
    for name in (n for n in cases if n.startswith("CBM")):
        more = row(card.title, KEYHOLE, f"{name}, not fitted", card(name, KEYHOLE), cases[name])
        lines.append(more)
    return "\n".join(lines) + "\n"


def row(
    title: str, share: float, case: str, sizes: dict[str, float], measured: dict[str, float]
) -> str:
    """One case: width, depth, their ratio, length."""
    cells = [f"{sizes[q]:.0f} ({measured[q]:.0f})" for q in SIZES]
    deep = f"{sizes['depth'] / sizes['width']:.2f} ({measured['depth'] / measured['width']:.2f})"
    return f"| {title} | {share:.2f} | {case} | {cells[0]} | {cells[1]} | {deep} | {cells[2]} |"


def missed(
    found: Pools, share: float, cases: dict[str, dict[str, float]], names: list[str], what: str
) -> float:
    """Mean relative miss of the cases, %; negative: too small."""
    return 100 * float(np.mean([found(n, share)[what] / cases[n][what] - 1 for n in names]))


def picture(results: list[tuple[Pools, float]], cases: dict[str, dict[str, float]]) -> str:
    """Predicted against measured depths and widths."""
    room = ends([0.0, 200.0])
    plot = Plot(
        room, room, title="tracks of alloy 625, one absorptivity", xlabel="measured [um]",
        ylabel="predicted [um]", width=520, height=440,
    )  # fmt: skip
    plot.line(room, room, 5, dashed=True)
    colour = 0
    for what in ("width", "depth"):
        for found, share in results:
            plot.dots(
                [c[what] for c in cases.values()], [found(n, share)[what] for n in cases], colour,
                name=f"{what}, {found.title}", radius=4,
            )  # fmt: skip
            colour += 1
    return plot.render(STANDALONE)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--docs", action="store_true")
    args = parser.parse_args()
    if not TRACKS.is_file():
        raise SystemExit(f"no tracks at {TRACKS} (docs/data.md); nothing compared")
    cases = measured_tracks()
    card = IN625.melting(0.35)
    both = [pools("k(T), c(T), latent heat", card, cases), pools("constant", constant(card), cases)]
    results = [(found, fitted(found, cases, TRAINED)) for found in both]
    text = table(results, cases)
    print(text)
    if args.docs:
        (DOCS / "tables" / "lpbf_tracks.md").write_text(text, encoding="utf-8")
        (DOCS / "pictures" / "physics" / "tracks.svg").write_text(picture(results, cases), "utf-8")


if __name__ == "__main__":
    main()
