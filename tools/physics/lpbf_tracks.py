"""Single tracks of alloy 625 (NIST AM-Bench 2018-02) by conduction with k(T), c(T) and latent heat:
absorptivities fitted on some cases, the others predicted.

    python tools/physics/lpbf_tracks.py [--solve] [--docs]

`--solve` solves the melting problem of `sna_export.lpbf.melting_pool` at every case for some
absorptivities (60 solves, four minutes of a processor) and keeps the sizes of the pools in
lpbf_tracks_pools.json; between them they are monotone cubics. `--docs` writes
docs/tables/lpbf_tracks.md and docs/pictures/physics/tracks.svg from what is kept.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from itertools import product
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
KEPT = Path(__file__).with_name("lpbf_tracks_pools.json")
MODELS = {
    "k(T), c(T), latent heat": (0.2, 0.3, 0.4, 0.5, 0.6, 0.75),
    "constant": (0.2, 0.35, 0.5, 0.75),
}
"""And the absorptivities at which their pools are solved."""
FITS = {"both machines": ("AMMT A", "AMMT C"), "CBM alone": ("CBM A", "CBM C")}
"""The cases that an absorptivity is fitted on, by what it is asked for."""
SIZES = ("width", "depth", "length")


@dataclass(frozen=True)
class Pools:
    """Sizes of the pool of every case, um, as functions of the absorptivity."""

    title: str
    sizes: dict[str, dict[str, PchipInterpolator]]

    def __call__(self, case: str, absorptivity: float) -> dict[str, float]:
        return {n: float(f(absorptivity)) for n, f in self.sizes[case].items()}


def kept() -> list[Pools]:
    """Those of lpbf_tracks_pools.json."""
    found = []
    for title, by_case in json.loads(KEPT.read_text(encoding="utf-8")).items():
        shares = MODELS[title]
        sizes = {
            case: {n: PchipInterpolator(shares, [row[f"{n}_um"] for row in rows]) for n in SIZES}
            for case, rows in by_case.items()
        }
        found.append(Pools(title, sizes))
    return found


def solve_all(cases: dict[str, dict[str, float]]) -> None:
    """Solve every case, both sets of properties, and keep the sizes."""
    card = IN625.melting(0.35)
    found: dict[str, dict[str, list[dict[str, float]]]] = {}
    for title, alloy in zip(MODELS, (card, constant(card)), strict=True):
        found[title] = {}
        for name, case in cases.items():
            rows = [solved_sizes(alloy, case, share) for share in MODELS[title]]
            found[title][name] = [{n: round(v, 2) for n, v in row.items()} for row in rows]
            print(f"{title}: {name} solved", flush=True)
    KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


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
    shares = MODELS[found.title]

    def miss(share: float) -> float:
        sizes = {n: found(n, share) for n in names}
        return sum((sizes[n][q] / cases[n][q] - 1) ** 2 for n in names for q in ("width", "depth"))

    return float(minimize_scalar(miss, bounds=(shares[0], shares[-1]), method="bounded").x)


def table(results: list[Pools], cases: dict[str, dict[str, float]]) -> str:
    """Predicted and, in brackets, measured sizes; the mean misses of held-out cases."""
    lines = [
        "| absorptivity, properties | case | width, um | depth, um | depth / width | length, um |",
        "|---|---|---|---|---|---|",
    ]
    for (fit, trained), found in product(FITS.items(), results):
        share = fitted(found, cases, trained)
        shown = [n for n in cases if fit == "both machines" or n.startswith("CBM")]
        for name in shown:
            role = "fitted" if name in trained else "held out"
            head = f"| {fit}: {share:.2f}, {found.title} | {name}, {role} | "
            lines.append(head + " | ".join(cells(found(name, share), cases[name])) + " |")
        for group in sorted({n.split()[0] for n in shown}):
            held = [n for n in shown if n.startswith(group) and n not in trained]
            means = [f"{missed(found, share, cases, held, q):+.0f} %" for q in SIZES]
            head = f"| {fit}: {share:.2f}, {found.title} | **{group} held out, mean miss** | "
            lines.append(head + f"{means[0]} | {means[1]} | | {means[2]} |")
    return "\n".join(lines) + "\n"


def cells(sizes: dict[str, float], case: dict[str, float]) -> list[str]:
    """Width, depth, their ratio, length."""
    found = [f"{sizes[q]:.0f} ({case[q]:.0f})" for q in SIZES]
    ratio = f"{sizes['depth'] / sizes['width']:.2f} ({case['depth'] / case['width']:.2f})"
    return [*found[:2], ratio, found[2]]


def missed(
    found: Pools, share: float, cases: dict[str, dict[str, float]], names: list[str], what: str
) -> float:
    """Mean relative miss of the cases, %; negative: too small."""
    return 100 * float(np.mean([found(n, share)[what] / cases[n][what] - 1 for n in names]))


def picture(found: Pools, cases: dict[str, dict[str, float]]) -> str:
    """Predicted against measured widths and depths, for both absorptivities."""
    room = ends([0.0, 200.0])
    plot = Plot(
        room, room, title="tracks of alloy 625", xlabel="measured [um]", ylabel="predicted [um]",
        width=520, height=440,
    )  # fmt: skip
    plot.line(room, room, 5, dashed=True)
    for i, (fit, trained) in enumerate(FITS.items()):
        share = fitted(found, cases, trained)
        shown = [n for n in cases if fit == "both machines" or n.startswith("CBM")]
        for j, what in enumerate(("width", "depth")):
            points = [(cases[n][what], found(n, share)[what]) for n in shown]
            plot.dots(*zip(*points, strict=True), 2 * i + j, name=f"{what}, {share:.2f}", radius=4)
    return plot.render(STANDALONE)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--solve", action="store_true", help="solve the pools anew")
    parser.add_argument("--docs", action="store_true", help="write the table and the picture")
    args = parser.parse_args()
    if not TRACKS.is_file():
        raise SystemExit(f"no tracks at {TRACKS} (docs/data.md); nothing compared")
    cases = measured_tracks()
    if args.solve:
        solve_all(cases)
    text = table(kept(), cases)
    print(text)
    if args.docs:
        (DOCS / "tables" / "lpbf_tracks.md").write_text(text, encoding="utf-8")
        picture_file = DOCS / "pictures" / "physics" / "tracks.svg"
        picture_file.write_text(picture(kept()[0], cases), encoding="utf-8")


if __name__ == "__main__":
    main()
