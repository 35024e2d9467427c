"""Inconel 718: from the thermal history of a wall to its strength, and from a wanted strength to
thermal histories.

    python examples/in718/run.py [--out out/in718]

Needs ../shared/data beside the repository. Writes in718.sna, in718.json and the page in718.html.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # the systems are small: several threads would spin on them

import numpy as np  # noqa: E402
from data import Walls, load  # noqa: E402
from forward import (  # noqa: E402
    Components,
    held_out,
    held_out_average,
    r2,
    select,
    separable,
    views,
)

from sna_edge import Interval, Model, from_bytes  # noqa: E402
from sna_edge.inverse import level_set  # noqa: E402

PEERS = {
    "leave one wall out": ("extra trees on temperature bins", 0.575),
    "random 5-fold": ("on wavelet principal components", 0.645),
}
FAMILY = 64  # thermal histories asked for per target
STARTS = 8 * FAMILY
FOLDINGS = 5  # random partitions into five folds that the score is a mean over
DEPLOYED = "UTS, components of the sharp images alone (deployed)"
REPEATS = 7  # of the reconstruction, for its time
# reconstructions are kept where the training density exceeds that of the outer tenth of the walls
DENSEST = 0.9


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", default="out/in718")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    try:
        walls = load()
    except FileNotFoundError:
        print(
            "in718: no data at ../shared/data; docs/data.md says what to fetch and where to put it",
            file=sys.stderr,
        )
        return 2
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    found, images = study(walls, args.seed, out)
    (out / "in718.json").write_text(json.dumps(found, indent=1))
    from page import page

    (out / "in718.html").write_text(page(found, images, walls))
    for line in lines(found):
        print(line)
    print(f"written: {out}/in718.sna, in718.json, in718.html")
    return 0


def study(walls: Walls, seed: int, out: Path | None = None) -> tuple[dict[str, Any], np.ndarray]:
    """Forward scores of every property, the deployed strength model, and a family of histories for
    a wanted strength."""
    seen, row = views(walls.images, walls.shape), np.arange(len(walls.wall))
    scores: dict[str, Any] = {}
    for name, y in walls.properties.items():
        by_wall, most = held_out_average(seen, y, walls.wall, walls.wall)
        scores[name] = {"leave one wall out": r2(y, by_wall), "parameters": most}
    y = walls.properties["UTS"]
    folds = [np.random.default_rng(seed + s).permutation(row % 5) for s in range(FOLDINGS)]
    random = [r2(y, held_out_average(seen, y, row, f)[0]) for f in folds]
    scores["UTS"] |= {"random 5-fold": float(np.mean(random)), "spread": float(np.std(random))}
    by_wall, most = held_out(walls.images, y, walls.wall, walls.wall)
    scores[DEPLOYED] = {"leave one wall out": r2(y, by_wall), "parameters": most}
    model, components = deployed(walls, y - by_wall)
    if out is not None:
        model.save(out / "in718.sna")
    found, images = reconstruct(model, components, walls, float(np.quantile(y, 0.75)), seed)
    return {
        "scores": scores,
        "peers": PEERS,
        "parameters": model.parameters,
        "family": found,
    }, images


def deployed(walls: Walls, residual: np.ndarray) -> tuple[Model, Components]:
    """The model of all walls, with the interval its held-out residuals support."""
    components, process, _ = select(walls.images, walls.properties["UTS"], walls.wall)
    model = separable(process, "UTS", "MPa")
    low, high = np.quantile(residual, [0.05, 0.95])
    interval = Interval(0.9, max(0.0, -float(low)), max(0.0, float(high)))
    whole = model.replace(outputs=[replace(model.outputs[0], interval=interval)])
    return from_bytes(whole.to_bytes()), components  # as its artifact serves it


def reconstruct(
    model: Model, components: Components, walls: Walls, target: float, seed: int
) -> tuple[dict[str, Any], np.ndarray]:
    """Histories that the model says reach `target` MPa, kept where walls were seen, as score
    vectors and whole images; timed."""
    seen = components.scores(walls.images)
    border = float(np.quantile(density(seen, seen, own=True), 1.0 - DENSEST))
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        plausible, images = family(model, components, seen, border, target, seed)
        times.append(1000.0 * (perf_counter() - start))
    again = components.scores(images)
    inside = (
        (again >= [a.lower for a in model.axes]) & (again <= [a.upper for a in model.axes])
    ).all(axis=1)
    value = model.with_backend("numpy").value(plausible)[:, 0]
    back = model.value(again[inside])[:, 0] if inside.any() else np.empty(0)
    nearest = np.sqrt(np.square(plausible[:, None] - seen[None]).sum(axis=2)).min(axis=1)
    return {
        "target": target,
        "asked": FAMILY,
        "found": len(plausible),
        "milliseconds": float(np.median(times)),
        "largest_miss": float(np.abs(value - target).max()) if len(value) else None,
        "miss_through_the_image": float(np.abs(back - target).mean()) if len(back) else None,
        "least_density": float(density(plausible, seen).min() / border) if len(plausible) else None,
        "spread_of_scores": plausible.std(axis=0).tolist(),
        "nearest_wall_apart": float(nearest.mean()) if len(nearest) else None,
    }, images


def family(
    model: Model, components: Components, seen: np.ndarray, border: float, target: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Up to FAMILY score vectors at which the model gives `target` and the density of the walls
    seen is at least `border`, and their images: the inverse query begins between two walls."""
    rng = np.random.default_rng(seed)
    mixed, share = rng.integers(len(seen), size=(STARTS, 2)), rng.uniform(size=(STARTS, 1))
    near = share * seen[mixed[:, 0]] + (1.0 - share) * seen[mixed[:, 1]]
    found = level_set(model, target, model.input_names, STARTS // 2, starts=near, seed=seed)
    plausible = found.x[density(found.x, seen) >= border][:FAMILY]
    return plausible, components.images(plausible)


def density(x: np.ndarray, seen: np.ndarray, *, own: bool = False) -> np.ndarray:
    """Kernel density of the walls' scores at x [n], width by Scott's rule; each wall left out of
    its own with `own`."""
    width = len(seen) ** (-1.0 / (seen.shape[1] + 4))
    square = np.square(x).sum(axis=1)[:, None] + np.square(seen).sum(axis=1) - 2.0 * (x @ seen.T)
    weight = np.exp(np.minimum(square, 1e3) * (-0.5 / width**2))
    if own:
        np.fill_diagonal(weight, 0.0)
    return np.asarray(weight.mean(axis=1))


def lines(found: dict[str, Any]) -> list[str]:
    out = []
    for name, s in found["scores"].items():
        extra = (
            f", random 5-fold {s['random 5-fold']:.3f} +- {s['spread']:.3f}"
            if "spread" in s
            else ""
        )
        out.append(
            f"{name}: R2 leave one wall out {s['leave one wall out']:.3f}{extra} ({s['parameters']}"
            " parameters)"
        )
    out += [f"peer, {how}: {score:.3f} ({who})" for how, (who, score) in found["peers"].items()]
    f = found["family"]
    out.append(
        f"{f['found']} thermal histories for {f['target']:.0f} MPa in {f['milliseconds']:.1f} ms"
    )
    return out


if __name__ == "__main__":
    raise SystemExit(main())
