"""Probabilities of classes beside logistic regression and boosted trees on the same splits.

    python tools/accuracy/classes.py            # all tables, writes docs/tables/classes.md
    python tools/accuracy/classes.py iris wine  # some of them, and their lines of the page

Each table is split SPLITS times into four fifths and a fifth, rows of each class alike. Log-loss is
the mean over the splits; the calibration error is that of the test rows of a split, beside what a
perfect model that states the same probabilities shows on as many rows. Measured tables come from
../shared/data (docs/data.md); what is absent is left out with a line.
"""

from __future__ import annotations

import csv
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sna_export.fit import fit
from sna_export.fit.likelihood.figures import (
    calibration_error,
    calibration_error_by_chance,
    log_loss,
)
from sna_export.table import Table

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
SPLITS, SEED = 5, 0
LEAST = 1e-15
Rows = tuple[np.ndarray, np.ndarray]


def bundled(load: Callable[..., tuple[np.ndarray, np.ndarray]], *digits: int) -> Rows:
    """A table of scikit-learn; of the digits these alone."""
    x, y = load(return_X_y=True)
    kept = np.isin(y, digits) if digits else np.ones(len(y), dtype=bool)
    return x[kept], np.unique(y[kept], return_inverse=True)[1]


def measured(path: str, target: str, cut: float | None, every: int = 1) -> Rows:
    """Columns of a shared table that are complete, and whether the target is above `cut` (None: its
    values are the classes)."""
    with open(DATA / path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::every]
    names = [n for n in rows[0] if n not in (target, "index") and n not in RESULTS]
    rows = [row for row in rows if all(row[n] for n in (*names, target))]
    x = np.array([[float(row[n]) for n in names] for row in rows])
    y = np.array([float(row[target]) for row in rows])
    return x, np.unique(y if cut is None else y > cut, return_inverse=True)[1]


RESULTS = ("weld_width_um", "penetration_depth_um", "melt_area_um2")
TABLES: dict[str, tuple[str, Callable[[], Rows]]] = {
    "breast cancer": ("malignant or benign", lambda: bundled(load_breast_cancer)),
    "wine": ("three cultivars", lambda: bundled(load_wine)),
    "iris": ("three species", lambda: bundled(load_iris)),
    "digits": ("3 or 8 of 8 x 8 pixels", lambda: bundled(load_digits, 3, 8)),
    "balling": (
        "316L tracks with balling or without",
        lambda: measured(
            "hofmann2026_316l_singletracks/hofmann2026_316l_677.csv", "balling", None),
    ),
    "lens quality": (
        "four classes of moulded lenses",
        lambda: measured(
            "injection_moulding_polenta2022/injection_moulding_1451.csv", "quality_class", None),
    ),
    "power plant": (
        "above 450 MW, every eighth hour",
        lambda: measured("uci_power_plant/power_plant.csv", "PE_MW", 450.0, 8),
    ),
    "concrete": (
        "stronger than 40 MPa", lambda: measured("uci_concrete/concrete.csv", "strength_MPa", 40.0)
    ),
}  # fmt: skip


def ours(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Probabilities [n, L] of the test rows."""
    columns: dict[str, object] = {f"x{d}": x[:, d] for d in range(x.shape[1])}
    table = Table.of({**columns, "y": [f"class {k}" for k in y]})
    model = fit(table, ["y"], plain=True).model
    place = [int(name[1:]) for name in model.input_names]
    found = model.evaluate(test[:, place], extrapolate=True)
    return model.classes[0].probabilities(found.value)


def theirs(x: np.ndarray, y: np.ndarray, test: np.ndarray) -> Iterator[np.ndarray]:
    """Of logistic regression on standardised inputs, and of boosted trees, as they come."""
    yield (
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
        .fit(x, y)
        .predict_proba(test)
    )
    yield HistGradientBoostingClassifier(random_state=0).fit(x, y).predict_proba(test)


def judged(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Means over the splits: log-loss of ours, logistic regression, trees; calibration error of
    ours and of a perfect model."""
    rows = []
    splits = StratifiedShuffleSplit(SPLITS, test_size=0.2, random_state=SEED)
    for train, test in splits.split(x, y):
        p = ours(x[train], y[train], x[test])
        others = [log_loss(y[test], q) for q in theirs(x[train], y[train], x[test])]
        error, chance = calibration_error(y[test], p), calibration_error_by_chance(p)
        rows.append([log_loss(y[test], p), *others, error, chance])
    return np.mean(rows, axis=0)


def line(name: str, what: str, x: np.ndarray, y: np.ndarray) -> str:
    """A line of the table."""
    loss, linear, trees, error, chance = judged(x, y)
    ratio = loss / min(linear, trees)
    size = f"{len(x)} x {x.shape[1]}, {len(np.unique(y))} classes"
    return (
        f"| {name}: {what} | {size} | {loss:.4f} | {linear:.4f} | {trees:.4f} | {ratio:.3f} |"
        f" {error:.3f} | {chance:.3f} |"
    )


HEAD = """| table | rows x inputs | fit | logistic regression | boosted trees | fit / best | calibration error | of a perfect model |
|---|---|--:|--:|--:|--:|--:|--:|"""  # noqa: E501


def main(asked: list[str]) -> int:
    """Measure, print, and put the lines into the page."""
    warnings.filterwarnings("ignore")
    page = ROOT / "docs/tables/classes.md"
    known = page.read_text(encoding="utf-8").splitlines()[2:] if page.exists() else []
    lines = {text[2:].partition(":")[0]: text for text in known}
    for name, (what, load) in TABLES.items():
        if asked and name not in asked:
            continue
        try:
            x, y = load()
        except FileNotFoundError as error:
            print(f"left out {name}: {error}")
            continue
        lines[name] = line(name, what, x, y)
        print(lines[name], flush=True)
        shown = [lines[n] for n in TABLES if n in lines]
        page.write_text("\n".join([HEAD, *shown]) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
