"""A laser beam from its heat: power, radius and ring fraction behind noisy surface temperatures,
with intervals.

    python examples/lpbf_inverse/run.py [--out out/lpbf_inverse] [--cases 200]  (half a minute)

The model is the seven-dimensional solution of the moving-beam problem; the temperatures come from a
quadrature that does not know it. Writes lpbf_inverse.json and the page lpbf_inverse.html.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model, from_bytes
from sna_edge.inverse import estimate, posterior
from sna_export.lpbf.moving_beam import lpbf, semi_analytic
from sna_export.report import Plot
from sna_export.solve import solve

Floats = NDArray[np.float64]

UNKNOWNS = ["power", "radius", "ring"]
UNITS = {"power": (1.0, "W"), "radius": (1e6, "um"), "ring": (1.0, "")}
SPEED = 0.8  # m/s, known
SENSOR = 15.0  # K, standard deviation of a reading
PIXELS = (12, 6)  # along and beside the track
SEEN = {"x": (-260e-6, 60e-6), "y": (0.0, 90e-6)}  # m, the surface that the camera sees
LEVEL = 0.9
DRAWS = 2000


def pixels() -> dict[str, Floats]:
    """Coordinates of the camera's pixels on the surface, [N] each."""
    x, y = (np.linspace(*SEEN[n], count) for n, count in zip("xy", PIXELS, strict=True))
    grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    return {"x": grid[:, 0], "y": grid[:, 1]}


def truth(setting: Floats) -> Floats:
    """Temperature rise [N] of the pixels by quadrature, for (power, radius, ring)."""
    power, radius, ring = setting
    at = pixels()
    count = len(at["x"])
    columns = (
        at["x"],
        at["y"],
        np.zeros(count),
        *(np.full(count, v) for v in (power, SPEED, radius, ring)),
    )
    return semi_analytic(np.column_stack(columns))


def settings(model: Model, count: int, seed: int) -> Floats:
    """Random (power, radius, ring) [count, 3], a tenth of the axes away from their ends."""
    axes = [model.axes[model.axis_index(n)] for n in UNKNOWNS]
    share = np.random.default_rng(seed).uniform(0.1, 0.9, (count, 3))
    return np.asarray([a.lower for a in axes] + share * [a.width for a in axes])


def discrepancy(model: Model, count: int = 40) -> tuple[Floats, float]:
    """Root mean square difference [N] of model and quadrature at every pixel, over other settings
    than those inverted, and the largest eigenvalue of its correlations: errors of a model go
    together, so they average out less than noise does.
    """
    off = []
    for setting in settings(model, count, seed=99):
        said = model.value(
            {**pixels(), "z": 0.0, "speed": SPEED, **dict(zip(UNKNOWNS, setting, strict=True))}
        )[:, 0]
        off.append(said - truth(setting))
    rms = np.sqrt(np.square(off).mean(axis=0))
    together = np.linalg.svd(np.array(off) / rms, compute_uv=False)[0] ** 2 / count
    return np.asarray(rms), float(together)


def inverted(model: Model, setting: Floats, sigma: Floats, seed: int) -> dict[str, Any]:
    """What noisy temperatures of one setting say about it."""
    noise = SENSOR * np.random.default_rng(seed).normal(size=len(sigma))
    data = {**pixels(), "temperature_rise": truth(setting) + noise}
    fixed = {"z": 0.0, "speed": SPEED}
    start = perf_counter()
    found = estimate(model, data, UNKNOWNS, sigma, at=fixed)
    milliseconds = 1e3 * (perf_counter() - start)
    drawn = posterior(model, data, UNKNOWNS, sigma, n=DRAWS, at=fixed, seed=seed)
    return {
        "truth": dict(zip(UNKNOWNS, map(float, setting), strict=True)),
        "most_probable": found.solutions[0],
        "interval": {
            n: [float(a), float(b)]
            for n, (a, b) in zip(UNKNOWNS, drawn.interval(LEVEL), strict=True)
        },
        "modes": len(found),
        "unseen": [u.words for u in found.unseen],
        "milliseconds": milliseconds,
        "effective_samples": drawn.ess,
    }


def study(cases: int, model: Model | None = None) -> dict[str, Any]:
    """One setting in full, and how often the intervals hold over `cases` random ones."""
    model = model or from_bytes(solve(lpbf()).model.to_bytes())
    off, together = discrepancy(model)
    sigma = np.hypot(
        SENSOR, off * np.sqrt(together)
    )  # readings differ from the model by sensor noise and the model's own error
    every = [
        inverted(model, s, sigma, seed) for seed, s in enumerate(settings(model, cases, seed=1))
    ]
    held = np.array(
        [
            [e["interval"][n][0] <= e["truth"][n] <= e["interval"][n][1] for n in UNKNOWNS]
            for e in every
        ]
    )
    width = {n: float(model.axes[model.axis_index(n)].width) for n in UNKNOWNS}
    error = {
        n: float(np.median([abs(e["most_probable"][n] - e["truth"][n]) for e in every]))
        for n in UNKNOWNS
    }
    return {
        "pixels": len(sigma),
        "sensor": SENSOR,
        "model_error": float(np.sqrt(np.square(off).mean())),
        "together": together,
        "level": LEVEL,
        "cases": cases,
        "coverage": dict(zip(UNKNOWNS, held.mean(axis=0).tolist(), strict=True)),
        "median_error": error,
        "median_error_share": {n: error[n] / width[n] for n in UNKNOWNS},
        "median_milliseconds": float(np.median([e["milliseconds"] for e in every])),
        "every": every,
    }


def lines(found: dict[str, Any]) -> list[str]:
    one = found["every"][0]
    off = f"{found['model_error']:.1f} K off (rms), {found['together']:.0f} pixels together"
    out = [f"{found['pixels']} pixels, {found['sensor']:g} K noise; the model itself is {off}"]
    for n in UNKNOWNS:
        scale, unit = UNITS[n]
        low, high = (scale * v for v in one["interval"][n])
        said, true = scale * one["most_probable"][n], scale * one["truth"][n]
        out.append(
            f"{n}: {said:.4g} {unit}, {100 * found['level']:.0f} % interval {low:.4g} to {high:.4g}"
            f" (truth {true:.4g})"
        )
    cover = ", ".join(f"{n} {100 * c:.0f} %" for n, c in found["coverage"].items())
    out.append(
        f"intervals that hold the truth over {found['cases']} settings: {cover};"
        f" {found['median_milliseconds']:.1f} ms per estimate"
    )
    return out


def page(found: dict[str, Any]) -> str:
    """One self-contained page: estimates with intervals against the truth."""
    plots = []
    for s, n in enumerate(UNKNOWNS):
        scale, unit = UNITS[n]
        true = scale * np.array([e["truth"][n] for e in found["every"]])
        ends = scale * np.array([e["interval"][n] for e in found["every"]])
        room = (float(min(true.min(), ends.min())), float(max(true.max(), ends.max())))
        plot = Plot(
            room,
            room,
            title=n,
            xlabel=f"truth {unit}",
            ylabel=f"90 % interval {unit}",
            width=400,
            height=360,
        )
        for x, (low, high) in zip(true, ends, strict=True):
            plot.line([x, x], [low, high], s)
        plots.append(plot.line(room, room, 5, dashed=True).render())
    text = "".join(f"<li>{line}" for line in lines(found))
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>A laser beam from its'
        " heat</title>"
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0"
        " 1rem}</style>"
        "<h1>A laser beam from its heat</h1><p>Temperatures on the surface around a moving beam,"
        " computed by quadrature and made noisy; "
        "power, beam radius and ring fraction estimated with the seven-dimensional model, scan"
        " speed known."
        f"<ul>{text}</ul>{''.join(plots)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default="out/lpbf_inverse")
    parser.add_argument("--cases", type=int, default=200)
    args = parser.parse_args()
    found = study(args.cases)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "lpbf_inverse.json").write_text(json.dumps(found, indent=1))
    (out / "lpbf_inverse.html").write_text(page(found))
    print("\n".join(lines(found)))
    print(f"written: {out}/lpbf_inverse.json, lpbf_inverse.html")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
