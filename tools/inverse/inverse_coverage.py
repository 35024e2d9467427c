"""How often 90 % sets of `posterior` hold the true setting of real parts: fit on some parts, invert
the others, one reading each.

python tools/inverse/inverse_coverage.py [--splits 3]     (needs ../shared/data)
python tools/inverse/inverse_coverage.py --folds [--write]     the single tracks, each inverted once
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from sna_edge import Model
from sna_edge.core.beside import Role
from sna_edge.inverse import posterior
from sna_export.calibrate import calibrated
from sna_export.fit import AxisSpec, fit_arrays

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LEVEL, GAUGE = (
    0.9,
    0.01,
)  # of the sets; noise of the gauge, as a share of an output's standard deviation
HELD_OUT, SAMPLES = 150, 1000
FOLDS, PLACE = 5, Path(__file__).resolve().parents[2] / "docs" / "tables" / "tracks.md"
TABLES = {
    "single tracks, 316L": (
        "hofmann2026_316l_singletracks/hofmann2026_316l_677.csv",
        ["power_W", "speed_mm_s", "spot_mm", "powder_layer_um"],
        ["weld_width_um", "penetration_depth_um"],
        ["power_W", "speed_mm_s"],
    ),
    "power plant": (
        "uci_power_plant/power_plant.csv",
        ["AT_C", "V_cmHg", "AP_mbar", "RH_pct"],
        ["PE_MW"],
        ["AT_C", "V_cmHg"],
    ),
    "concrete": (
        "uci_concrete/concrete.csv",
        [
            "cement_kg_m3",
            "slag_kg_m3",
            "flyash_kg_m3",
            "water_kg_m3",
            "superplasticizer_kg_m3",
            "age_day",
        ],
        ["strength_MPa"],
        ["cement_kg_m3"],
    ),
}


def rows(path: Path, names: list[str]) -> np.ndarray:
    """Columns [N, n] of the table; whole rows alone."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        found = [[r[n] for n in names] for r in csv.DictReader(file)]
    return np.array([[float(c) for c in r] for r in found if all(c.strip() for c in r)])


def covered(
    model: Model,
    part: dict[str, float],
    outputs: list[str],
    unknown: str,
    noise: dict[str, float],
    alone: bool,
) -> bool | None:
    """Whether the set of the unknown holds its true value; None for a part outside the domain."""
    known = {k: v for k, v in part.items() if k not in outputs and k != unknown}
    axis = model.axes[model.axis_index(unknown)]
    if not axis.lower <= part[unknown] <= axis.upper:
        return None
    words = {} if not alone else {"noise_only": True}
    found = posterior(
        model, {**known, **{o: part[o] for o in outputs}}, [unknown], noise, n=SAMPLES, **words
    )
    if not len(found.x):
        return None if found.status.label == "out_of_domain" else False
    low, high = found.interval(LEVEL)[0]
    return bool(low <= part[unknown] <= high)


def coverage(table: str, unknown: str, splits: int) -> tuple[dict[bool, float], int]:
    """{noise only: share of held-out parts whose set holds the truth}, and the number of parts."""
    path, inputs, outputs, _ = TABLES[table]
    data = rows(DATA / path, [*inputs, *outputs])
    hits: dict[bool, list[bool]] = {False: [], True: []}
    for seed in range(splits):
        order = np.random.default_rng(seed).permutation(len(data))
        test, train = np.split(data[order][: HELD_OUT + 1000], [HELD_OUT])
        axes = [AxisSpec(name) for name in inputs]
        model = fit_arrays(
            train[:, : len(inputs)], train[:, len(inputs) :], axes, outputs, time_limit=20.0
        ).model
        noise = {
            o: float(GAUGE * s)
            for o, s in zip(outputs, train[:, len(inputs) :].std(axis=0), strict=True)
        }
        for row in test:
            part = dict(zip([*inputs, *outputs], map(float, row), strict=True))
            for alone in hits:
                answer = covered(model, part, outputs, unknown, noise, alone)
                hits[alone] += [] if answer is None else [answer]
    return {alone: float(np.mean(h)) for alone, h in hits.items()}, len(hits[False])


def of_fold(train: np.ndarray, inputs: list[str], outputs: list[str]) -> dict[str, Model]:
    """Two models of one fit: one width and outputs that err apart; local widths, together."""
    axes = [AxisSpec(name) for name in inputs]
    fit = fit_arrays(
        train[:, : len(inputs)], train[:, len(inputs) :], axes, outputs, time_limit=20.0
    )
    told = (fit.inputs, fit.measured, fit.predicted)
    apart = calibrated(fit.model, *told, local=False).model
    numbers = replace(apart.calibration, correlation=0.0 * apart.calibration.correlation)
    return {
        "local": calibrated(fit.model, *told).model,
        "constant": apart.replace(
            companions=[c for c in apart.companions if c.role != Role.SCALE], calibration=numbers
        ),
    }


def every_track() -> list[str]:
    """Coverage of speed and power of all tracks, each inverted by the fit that did not see it."""
    path, inputs, outputs, unknowns = TABLES["single tracks, 316L"]
    data = rows(DATA / path, [*inputs, *outputs])
    folds = np.array_split(np.random.default_rng(0).permutation(len(data)), FOLDS)
    hits: dict[tuple[str, str], list[list[bool]]] = {}
    trains = [np.delete(data, held, axis=0) for held in folds]
    models = [of_fold(train, inputs, outputs) for train in trains]
    for kind, unknown in product(models[0], unknowns):
        for held, train, fold in zip(folds, trains, models, strict=True):
            gauge = GAUGE * train[:, len(inputs) :].std(axis=0)
            noise = dict(zip(outputs, gauge.tolist(), strict=True))
            parts = [dict(zip([*inputs, *outputs], r, strict=True)) for r in data[held].tolist()]
            found = [covered(fold[kind], p, outputs, unknown, noise, False) for p in parts]
            hits.setdefault((kind, unknown), []).append([f for f in found if f is not None])
        print(kind, unknown, [np.mean(h).round(3) for h in hits[kind, unknown]], flush=True)
    lines = [
        "| unknown | parts | model error | covered | folds |",
        "| --- | --- | --- | --- | --- |",
    ]
    words = {
        "constant": "one width, outputs apart",
        "local": "local width, outputs together",
    }
    for (kind, unknown), inside in hits.items():
        every = np.concatenate(inside)
        each = " / ".join(f"{100 * np.mean(one):.0f}" for one in inside)
        share = f"{100 * every.mean():.1f} %"
        lines.append(f"| {unknown} | {len(every)} | {words[kind]} | {share} | {each} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--folds", action="store_true", help="all single tracks, in five folds")
    parser.add_argument("--write", action="store_true", help="write docs/tables/tracks.md")
    args = parser.parse_args()
    if not DATA.is_dir():
        parser.exit(2, "no data at ../shared/data; docs/data.md says what to fetch\n")
    if args.folds:
        lines = every_track()
        print("\n".join(lines))
        if args.write:
            PLACE.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return
    print("| table | unknown | parts | noise and model | noise only |\n|---|---|---|---|---|")
    for table, (path, _, _, unknowns) in TABLES.items():
        for unknown in unknowns if (DATA / path).exists() else ():
            share, count = coverage(table, unknown, args.splits)
            print(
                f"| {table} | {unknown} | {count} | {100 * share[False]:.0f} % |"
                f" {100 * share[True]:.0f} % |",
                flush=True,
            )


if __name__ == "__main__":
    main()
