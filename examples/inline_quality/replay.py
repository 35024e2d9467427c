"""Measured laser tracks replayed as a production line: a verdict per track by a model that has not
seen it.

    python examples/inline_quality/replay.py [--folds 3] [--time-limit 20] [--out
    out/inline_quality]

Needs ../shared/data beside the repository (Hofmann et al. 2026: 677 single tracks on 316L). Writes
line.json, the model of the last fold (line.sna) and the tracks it has not seen (parts.jsonl), for
`sna-edge watch`.
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
from sna_edge.quality import ACCEPT, Limit, Line, read_limits
from sna_export.fit import AxisSpec, fit_arrays

TABLE = (
    Path(__file__).resolve().parents[3]
    / "shared"
    / "data"
    / "hofmann2026_316l_singletracks"
    / "hofmann2026_316l_677.csv"
)
POWDER = ("0", "30", "60")
NAMES = ("width", "depth")
LIMITS = Path(__file__).resolve().parent / "limits.toml"
TARGET = {"width": 120.0, "depth": 90.0}


def tracks(path: Path = TABLE) -> tuple[np.ndarray, np.ndarray]:
    """Inputs [N, 4] (power W, speed mm/s, spot mm, powder level index) and measured width, depth
    [N, 2] in um."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    level = {name: i for i, name in enumerate(POWDER)}
    x = [
        [
            float(r["power_W"]),
            float(r["speed_mm_s"]),
            float(r["spot_mm"]),
            level[f"{float(r['powder_layer_um']):g}"],
        ]
        for r in rows
    ]
    return np.array(x), np.array(
        [[float(r["weld_width_um"]), float(r["penetration_depth_um"])] for r in rows]
    )


def fitted(x: np.ndarray, y: np.ndarray, whole: np.ndarray, seed: int, time_limit: float) -> Model:
    """A model of some tracks on the domain of all."""
    names = (("power", "W"), ("speed", "mm/s"), ("spot", "mm"))
    axes = [
        AxisSpec(n, u, domain=(float(whole[:, d].min()), float(whole[:, d].max())))
        for d, (n, u) in enumerate(names)
    ]
    axes.append(AxisSpec("powder", "um", POWDER))
    model: Model = fit_arrays(x, y, axes, NAMES, seed=seed, time_limit=time_limit).model
    return model


def replay(
    folds: int, time_limit: float, seed: int
) -> tuple[dict[str, Any], Model, list[dict[str, Any]]]:
    """Verdicts on held-out tracks against what was measured; the model of the last fold and the
    tracks it has not seen."""
    x, y = tracks()
    _, condition = np.unique(x, axis=0, return_inverse=True)  # repeats of a condition stay together
    fold = (
        np.random.default_rng(seed).permutation(condition.max() + 1)[condition.reshape(-1)] % folds
    )
    answers: list[dict[str, Any]] = [{}] * len(x)
    for f in range(folds):
        test = np.flatnonzero(fold == f)
        model = fitted(np.delete(x, test, axis=0), np.delete(y, test, axis=0), x, seed, time_limit)
        line = Line(model, read_limits(LIMITS, model))
        parts = [part(model, i, x[i]) for i in test]
        for i, answer in zip(test, line.lines([json.dumps(p) for p in parts]), strict=True):
            answers[i] = answer
    return summary(answers, y, line.limits.outputs), model, parts


def part(model: Model, number: int, row: np.ndarray) -> dict[str, Any]:
    return {
        "id": int(number),
        **dict(zip(model.input_names, [*map(float, row[:3]), POWDER[int(row[3])]], strict=True)),
    }


def summary(
    answers: list[dict[str, Any]], y: np.ndarray, limits: tuple[Limit, ...]
) -> dict[str, Any]:
    """Verdicts against the measured width and depth y [N, 2]."""
    good = np.all(
        [
            (y[:, NAMES.index(o.name)] >= o.lsl) & (y[:, NAMES.index(o.name)] <= o.usl)
            for o in limits
        ],
        axis=0,
    )
    words = np.array([a["verdict"] for a in answers])
    wrong = int(((words == ACCEPT) & ~good).sum())
    advice = [
        "blocking" not in a["advice"] and bool(a["advice"].get("change"))
        for a in answers
        if "advice" in a
    ]
    inside = [[a["outputs"][n]["lower"] <= v <= a["outputs"][n]["upper"] for n,
        v in zip(NAMES, row, strict=True)]
              for a, row in zip(answers, y, strict=True) if "outputs" in a]  # fmt: skip
    return {
        "tracks": len(y), "truly inside the limits": int(good.sum()),
        "verdicts": {str(w): int((words == w).sum()) for w in np.unique(words)},
        "accepted": int((words == ACCEPT).sum()), "accepted and truly outside": wrong,
        "share of all tracks": wrong / len(y),
        "coverage of the 90 % intervals": dict(zip(NAMES,
            (np.sum(inside, axis=0) / len(y)).tolist(), strict=True)),
        "rejects with advice that reaches the limits": f"{sum(advice)} of {len(advice)}",
    }  # fmt: skip


def settings(model: Model, count: int, seed: int) -> list[dict[str, Any]]:
    """Power, speed and spot that give the wanted width and depth on bare plate, to 1 um each."""
    found = level_set(
        model,
        TARGET,
        ["power", "speed", "spot"],
        count,
        at={"powder": "0"},
        tolerance=1.0,
        seed=seed,
    )
    return found.solutions


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--time-limit", type=float, default=20.0, help="seconds per fit")
    parser.add_argument("--out", default="out/inline_quality")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not TABLE.exists():
        print(
            "replay: no data at ../shared/data; docs/data.md says what to fetch",
            file=sys.stderr,
        )
        return 2
    found, model, parts = replay(args.folds, args.time_limit, args.seed)
    found["settings for width 120 um and depth 90 um"] = settings(model, 8, args.seed)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "line.json").write_text(json.dumps(found, indent=1))
    model.save(out / "line.sna")
    (out / "parts.jsonl").write_text("".join(json.dumps(p) + "\n" for p in parts))
    for key, value in found.items():
        print(f"{key}: {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
