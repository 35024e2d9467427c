"""Measured laser tracks replayed as a production line: a verdict per track by a model that has not seen it.

    python examples/inline/replay.py [--folds 3] [--time-limit 20] [--out out/inline]

Needs ../shared/data beside the repository (Hofmann et al. 2026: 677 single tracks on 316L). Writes line.json.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sna_edge import Model
from sna_edge.inverse import level_set
from sna_edge.quality import Line
from sna_edge.quality.limits import parse_limits
from sna_export.fit import AxisSpec, fit_arrays

TABLE = Path(__file__).resolve().parents[3] / "shared" / "data" / "hofmann2026_316l_singletracks" / "hofmann2026_316l_677.csv"
POWDER = ("0", "30", "60")
NAMES = ("width", "depth")
LIMITS: dict[str, Any] = {
    "outputs": {"width": {"LSL": 80.0, "USL": 200.0, "target": 120.0}, "depth": {"LSL": 20.0, "USL": 200.0, "target": 90.0}},
    "knobs": {"power": {"step": 10.0}, "speed": {"step": 50.0}},
}
TARGET = {"width": 120.0, "depth": 90.0}


def tracks(path: Path = TABLE) -> tuple[np.ndarray, np.ndarray]:
    """Inputs [N, 4] (power W, speed mm/s, spot mm, powder level index) and measured width, depth [N, 2] in um."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    level = {name: i for i, name in enumerate(POWDER)}
    x = [[float(r["power_W"]), float(r["speed_mm_s"]), float(r["spot_mm"]), level[f"{float(r['powder_layer_um']):g}"]] for r in rows]
    return np.array(x), np.array([[float(r["weld_width_um"]), float(r["penetration_depth_um"])] for r in rows])


def fitted(x: np.ndarray, y: np.ndarray, whole: np.ndarray, seed: int, time_limit: float) -> Model:
    """A model of some tracks on the domain of all."""
    names = (("power", "W"), ("speed", "mm/s"), ("spot", "mm"))
    axes = [AxisSpec(n, u, domain=(float(whole[:, d].min()), float(whole[:, d].max()))) for d, (n, u) in enumerate(names)]
    axes.append(AxisSpec("powder", "um", POWDER))
    model: Model = fit_arrays(x, y, axes, NAMES, seed=seed, time_limit=time_limit).model
    return model


def replay(folds: int, time_limit: float, seed: int) -> tuple[dict[str, Any], Model]:
    """Verdicts on held-out tracks against what was measured, and the model of the last fold."""
    x, y = tracks()
    _, condition = np.unique(x, axis=0, return_inverse=True)  # repeats of a condition stay together
    fold = np.random.default_rng(seed).permutation(condition.max() + 1)[condition.reshape(-1)] % folds
    limits = LIMITS["outputs"]
    good = np.all([(y[:, k] >= limits[n]["LSL"]) & (y[:, k] <= limits[n]["USL"]) for k, n in enumerate(NAMES)], axis=0)
    counts: dict[str, int] = {}
    wrong = accepted = 0
    inside, advice = np.zeros(2), [0, 0]
    for f in range(folds):
        test = fold == f
        model = fitted(x[~test], y[~test], x, seed, time_limit)
        line = Line(model, parse_limits(LIMITS, model))
        parts = [dict(zip(model.input_names, [*map(float, row[:3]), POWDER[int(row[3])]], strict=True)) for row in x[test]]
        for answer, fine, measured in zip(line.lines([json.dumps(p) for p in parts]), good[test], y[test], strict=True):
            counts[answer["verdict"]] = counts.get(answer["verdict"], 0) + 1
            accepted += answer["verdict"] == "ACCEPT"
            wrong += answer["verdict"] == "ACCEPT" and not fine
            if "advice" in answer:
                advice[0] += answer["advice"]["status"] == "ok"
                advice[1] += 1
            for k, name in enumerate(NAMES):
                if "outputs" in answer:
                    o = answer["outputs"][name]
                    inside[k] += o["lower"] <= measured[k] <= o["upper"]
    found = {
        "tracks": len(x), "truly inside the limits": int(good.sum()), "verdicts": counts, "accepted": accepted,
        "accepted and truly outside": int(wrong), "share of all tracks": wrong / len(x),
        "coverage of the 90 % intervals": dict(zip(NAMES, (inside / len(x)).tolist(), strict=True)),
        "rejects with advice that reaches the limits": f"{advice[0]} of {advice[1]}",
    }  # fmt: skip
    return found, model


def settings(model: Model, count: int, seed: int) -> list[dict[str, Any]]:
    """Power, speed and spot that give the wanted width and depth on bare plate, to 1 um each."""
    found = level_set(model, TARGET, ["power", "speed", "spot"], count, at={"powder": "0"}, tolerance=1.0, seed=seed)
    return found.solutions


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--time-limit", type=float, default=20.0, help="seconds per fit")
    parser.add_argument("--out", default="out/inline")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not TABLE.exists():
        print("replay: no data at ../shared/data beside the repository; nothing to do", file=sys.stderr)
        return 2
    found, model = replay(args.folds, args.time_limit, args.seed)
    found["settings for width 120 um and depth 90 um"] = settings(model, 8, args.seed)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "line.json").write_text(json.dumps(found, indent=1))
    for key, value in found.items():
        print(f"{key}: {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
