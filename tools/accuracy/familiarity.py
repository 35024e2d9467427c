"""How well familiarity tells unfamiliar rows, beside detectors of scikit-learn on the same rows.

    python tools/accuracy/familiarity.py [--data FOLDER] [--seed N] [--json OUT.json]

FOLDER holds gas_turbine/ and others (shared/data beside the tree); tables that are absent are left
out. Writes docs/tables/unfamiliar.md. Every axis spans all rows of its case, unfamiliar ones too:
the domain gives nothing away. Sizes and shrinkage were chosen on other splits, anomalies and holes
(of another seed) of the same kinds.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from familiarity_kinds import Case, Floats, cases
from familiarity_references import references
from familiarity_storage import area

import sna_edge
from sna_edge.core.axis import Axis, level_axis, spline_axis
from sna_edge.core.beside import Calibration
from sna_edge.uncertainty.familiarity import Familiarity
from sna_export.calibrate.familiarity import familiarity_of

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "unfamiliar.md"
OURS, INTEGERS = "sna-edge", "sna-edge, T for integers"
LIMIT = 0.05
NEVER = -1e9
SMALL_ROWS, SMALL_LOTS = 500, 8


@dataclass(frozen=True)
class Judged:
    """Area under ROC, shares of unfamiliar and of held-out rows with p up to 5 %, numbers of these
    rows."""

    auroc: float
    flagged: float
    false_alarms: float
    strange: int
    familiar: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--json", type=Path, metavar="OUT.json")
    args = parser.parse_args()
    found = []
    for case in cases(args.data, args.seed):
        judged, size = measured(case)
        found.append((case.kind, case.name, judged, size))
        print(case.kind, case.name, {n: round(j.auroc, 3) for n, j in judged.items()}, flush=True)
    alarms = small_tables()
    TABLE.write_text(markdown(found, alarms), encoding="utf-8")
    if args.json:
        kept = [(k, n, {w: asdict(j) for w, j in js.items()}) for k, n, js, _ in found]
        args.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def measured(case: Case) -> tuple[dict[str, Judged], tuple[int, int]]:
    """Every detector on the case; bytes of tables and operations of ours."""
    judged = {}
    for name, score in references(case).items():
        known, held, strange = map(score, (case.calibration, case.held_out, case.strange))
        limit = np.sort(known)[max(int(LIMIT * (len(known) + 1)) - 1, 0)]
        judged[name] = _judged(held, strange, held <= limit, strange <= limit)
    for name, integers in ((INTEGERS, True), (OURS, False)):
        model = with_familiarity(case, integers)
        held, strange = (
            model.familiarity(x, level_index=True) for x in (case.held_out, case.strange)
        )
        judged[name] = _judged(_ranked(held), _ranked(strange), held.p <= LIMIT, strange.p <= LIMIT)
    return judged, costs(model)


def with_familiarity(case: Case, integers: bool) -> sna_edge.Model:
    """A model of the case's inputs that says how familiar they are, read back from its bytes."""
    axes = _axes(case)
    made = familiarity_of(axes, case.fitted, calibration=case.calibration, integers=integers)
    flat = sna_edge.CP.full([np.ones((a.basis.n_rows, 1)) for a in axes], np.ones((1, 1)))
    model = sna_edge.Model(
        axes,
        flat,
        [sna_edge.Output("y")],
        companions=made.companions,
        calibration=Calibration(**made.calibration),
    )
    return sna_edge.from_bytes(model.to_bytes(), "numpy")


def costs(model: sna_edge.Model) -> tuple[int, int]:
    """Bytes of the tables of all companions; multiplications and additions of one query."""
    size = operations = 0
    for c in model.companions:
        size += sum(t.size for t in c.model.interaction.tables)
        modes = len(c.model.interaction.weights)
        operations += sum(len(k.weights) for k in c.coordinates)
        operations += sum(modes if a.kind == "categorical" else 3 * modes for a in c.model.axes)
    return size, operations


def _axes(case: Case) -> list[Axis]:
    rows = np.concatenate([case.fitted, case.calibration, case.held_out, case.strange])
    return [
        level_axis(f"x{d}", tuple(str(i) for i in range(int(c.max()) + 1)))
        if d in case.levels
        else spline_axis(f"x{d}", "", float(c.min()), float(c.max()), spans=1, degree=1)
        for d, c in enumerate(rows.T)
    ]


def _ranked(found: Familiarity) -> Floats:
    """The score, below all others where a pair of levels was never seen."""
    return np.where(found.pair >= 0, NEVER, found.score)


def _judged(held: Floats, strange: Floats, alarms: Floats, flags: Floats) -> Judged:
    said = area(held, strange), float(np.mean(flags)), float(np.mean(alarms))
    return Judged(*said, len(strange), len(held))


def small_tables() -> tuple[float, float, int]:
    """Shares of fresh rows with p up to 5 % and 0.5 % where a few rows have to learn and to
    calibrate both (every row is scored by mixtures that have not seen it), and how many rows."""
    rng = np.random.default_rng(6)
    low, least, count = [], [], 0
    for _ in range(SMALL_LOTS):
        turn = rng.normal(size=(6, 6))
        rows = np.tanh(rng.normal(size=(2500, 6)) @ turn / 2)
        axes = [spline_axis(f"x{d}", "", -1, 1, spans=1, degree=1) for d in range(6)]
        made = familiarity_of(axes, rows[:SMALL_ROWS])
        flat = sna_edge.CP.full([np.ones((2, 1))] * 6, np.ones((1, 1)))
        model = sna_edge.Model(axes, flat, [sna_edge.Output("y")], companions=made.companions,
                               calibration=Calibration(**made.calibration))  # fmt: skip
        p = model.familiarity(rows[SMALL_ROWS:]).p
        low.append(np.mean(p <= LIMIT))
        least.append(np.mean(p <= made.least_p))
        count += len(p)
    return float(np.mean(low)), float(np.mean(least)), count


def markdown(
    found: list[tuple[str, str, dict[str, Judged], tuple[int, int]]],
    alarms: tuple[float, float, int],
) -> str:
    """One line a detector, the kinds beside each other; below, costs and false alarms."""
    kinds = defaultdict(list)
    for kind, _, judged, _ in found:
        kinds[kind].append(judged)
    names = list(found[0][2])
    head = ["detector", *(f"{k} ({len(v)})" for k, v in kinds.items()), "mean", "mean of cases",
            "false alarms"]  # fmt: skip
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name in sorted(names, key=lambda n: (n != OURS, n != INTEGERS)):
        by_kind = [[js[name] for js in v] for v in kinds.values()]
        cells = [f"{_mean(v, 'auroc'):.3f} / {100 * _mean(v, 'flagged'):.0f} %" for v in by_kind]
        every = [j for v in by_kind for j in v]
        familiar = sum(j.familiar for j in every)
        wrong = sum(j.false_alarms * j.familiar for j in every) / familiar
        cells += [f"{np.mean([_mean(v, 'auroc') for v in by_kind]):.3f}"]
        cells += [f"{_mean(every, 'auroc'):.3f}", f"{100 * wrong:.1f} %"]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    bytes_, operations = np.max([size for *_, size in found], axis=0)
    mean, least, count = alarms
    fewest = min(js[OURS].strange for _, _, js, _ in found)
    lines += ["", f"{len(found)} cases, at least {fewest} unfamiliar rows each; false alarms over"
              f" {familiar:,} held-out rows, those of one table counted in each of its cases.",
              f"sna-edge: at most {bytes_} bytes of tables and {operations} operations a query.",
              f"{SMALL_LOTS} tables of {SMALL_ROWS} rows that learn and calibrate both:"
              f" {100 * mean:.1f} % of {count:,} fresh rows have p up to 5 %,"
              f" {100 * least:.2f} % up to 0.5 %."]  # fmt: skip
    return "\n".join(lines) + "\n"


def _mean(judged: list[Judged], name: str) -> float:
    return float(np.mean([getattr(j, name) for j in judged]))


if __name__ == "__main__":
    main()
