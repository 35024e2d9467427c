"""Fits of measured tables beside the best of usual surrogates on the same rows: errors on rows that
took no part, and how often the curves turn.

    python tools/accuracy/measured_peers.py [--only WORD] [--splits N] [--peers] [--write]

A split holds back a quarter of the settings (rows of equal inputs stay together, at most 2,000
rows) and fits at most 500 of the others. Every result is a line of out/measured_peers.jsonl and
not made again (`--again` does). `--write` writes docs/tables/measured_peers.md (errors: RMS over
the spread of the held-out rows, mean of the splits; the difference to the best peer with its
standard error over splits) and docs/tables/turning_points.md of the splits that have all sides.

Peers: Gaussian processes with noise and a length per input (squared exponential, Matern 5/2;
scikit-learn), boosted trees (rounds by early stopping), extra trees (300), quadratic ridge (the
strength by leave-one-out).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "honest")]

import numpy as np  # noqa: E402
from measured import ABSENT, DATA, Floats, columns  # noqa: E402
from tables import TABLES as HONEST  # noqa: E402
from tables import Measured  # noqa: E402

ROOT = HERE.parents[1]
TABLES_FOLDER, LOG = ROOT / "docs" / "tables", ROOT / "out" / "measured_peers.jsonl"
MOST_ROWS, HELD, MOST_HELD = 500, 0.25, 2000
PREHEATED = ["power_W", "speed_mm_s", "spot_um", "preheat_C"]
IN718 = "in718_lpbf_tables"
Predict = Callable[[Floats], Any]
Entry = dict[str, Any]


def chen(target: str) -> Callable[[], tuple[Floats, Floats]]:
    return lambda: columns(f"{IN718}/chen2020_in718_preheat_80.csv", PREHEATED, target)


TABLES = (
    *HONEST,
    Measured("preheated width", IN718, chen("width_um")),
    Measured("preheated depth", IN718, chen("depth_um")),
)


def split(table: Measured, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Rows to fit and held-out rows (x, y, x', y'), drawn with `seed`."""
    x, y = table.rows()
    _, setting = np.unique(x, axis=0, return_inverse=True)
    draw = np.random.default_rng(seed)
    rank = draw.permutation(setting.max() + 1)
    held = rank[setting.reshape(-1)] < HELD * len(rank)
    rest = draw.permutation(np.flatnonzero(~held))[:MOST_ROWS]
    out = draw.permutation(np.flatnonzero(held))[:MOST_HELD]
    return x[rest], y[rest], x[out], y[out]


def scaled(x: Floats, y: Floats, made: Any) -> Predict:
    """`made`, a scikit-learn regressor, of inputs and output of unit spread."""
    centre, spread = x.mean(axis=0), np.where(np.ptp(x, axis=0) > 0, x.std(axis=0), 1.0)
    low, wide = y.mean(), y.std()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.fit((x - centre) / spread, (y - low) / wide)
    return lambda at: low + wide * np.asarray(made.predict((at - centre) / spread))


def gaussian_process(x: Floats, y: Floats, kind: str) -> Predict:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

    lengths, ends = np.ones(x.shape[1]), (1e-2, 1e3)
    shape = RBF(lengths, ends) if kind == "rbf" else Matern(lengths, ends, nu=2.5)
    kernel = ConstantKernel(1.0, (1e-3, 1e5)) * shape + WhiteKernel(0.1, (1e-6, 1e1))
    return scaled(x, y, GaussianProcessRegressor(kernel, n_restarts_optimizer=1, random_state=0))


def boosted_trees(x: Floats, y: Floats) -> Predict:
    from sklearn.ensemble import HistGradientBoostingRegressor as Boosted

    wanted: dict[str, Any] = {"learning_rate": 0.05, "min_samples_leaf": 10, "random_state": 0}
    stop = Boosted(max_iter=1000, early_stopping=True, n_iter_no_change=20, **wanted).fit(x, y)
    return Boosted(max_iter=stop.n_iter_, early_stopping=False, **wanted).fit(x, y).predict  # type: ignore[no-any-return]


def extra_trees(x: Floats, y: Floats) -> Predict:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(300, random_state=0).fit(x, y).predict  # type: ignore[no-any-return]


def quadratic_ridge(x: Floats, y: Floats) -> Predict:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    ridge = RidgeCV(10.0 ** np.arange(-8, 5))
    return scaled(x, y, make_pipeline(PolynomialFeatures(2), StandardScaler(), ridge))


def ours(x: Floats, y: Floats) -> tuple[Predict, Entry]:
    """The model that `fit_arrays` delivers, and what it is."""
    from sna_export.fit import fit_arrays

    found = fit_arrays(x, y, plain=True)
    model = found.model

    def predict(at: Floats) -> Any:
        return model.evaluate(at, extrapolate=True, level_index=True).value[:, 0]

    return predict, {"chosen": found.report["chosen"], "bytes": len(model.to_bytes())}


OURS, PROCESS = "fit", "Gaussian process, RBF"
PEERS: dict[str, Callable[[Floats, Floats], Predict]] = {
    PROCESS: lambda x, y: gaussian_process(x, y, "rbf"),
    "Gaussian process, Matern": lambda x, y: gaussian_process(x, y, "matern"),
    "boosted trees": boosted_trees,
    "extra trees": extra_trees,
    "quadratic ridge": quadratic_ridge,
}


def made(table: Measured, seed: int, who: str) -> Entry:
    """One line of the log."""
    from sna_export.fit.validation.turning_points import turning_points

    x, y, fresh, truth = split(table, seed)
    begin, more = time.process_time(), {}
    if who == OURS:
        predict, more = ours(x, y)
    else:
        predict = PEERS[who](x, y)
    seconds = time.process_time() - begin
    if who in (OURS, PROCESS):
        turns = turning_points(lambda at: predict(at)[:, None], x, y[:, None], range(x.shape[1]))
        more["turns"] = float(turns.mean())
    error = float(np.sqrt(np.mean((predict(fresh) - truth) ** 2)) / truth.std())
    entry = {"table": table.name, "split": seed, "who": who, "rows": len(y), "inputs": x.shape[1]}
    return {**entry, "error": error, "seconds": seconds, **more}


def logged() -> dict[tuple[str, int, str], Entry]:
    lines = LOG.read_text(encoding="utf-8").splitlines() if LOG.is_file() else []
    return {(e["table"], e["split"], e["who"]): e for e in map(json.loads, lines)}


def complete(done: dict[tuple[str, int, str], Entry], name: str) -> list[dict[str, Entry]]:
    """The splits of a table that have every side: {who: entry} each."""
    seeds = sorted({seed for table, seed, _ in done if table == name})
    each = [{w: done.get((name, seed, w), {}) for w in (OURS, *PEERS)} for seed in seeds]
    return [e for e in each if all(e.values())]


def errors_table(done: dict[tuple[str, int, str], Entry]) -> list[list[str]]:
    head = ["table", "rows x inputs", "splits", "fit", "best peer", "its error", "ratio",
            "difference / its standard error"]  # fmt: skip
    lines, ratios = [head, ["---"] * 2 + ["--:"] * 2 + ["---"] + ["--:"] * 3], []
    for table in TABLES:
        each = complete(done, table.name)
        if len(each) < 2:
            continue
        errors = {w: np.array([e[w]["error"] for e in each]) for w in (OURS, *PEERS)}
        best = min(PEERS, key=lambda w: errors[w].mean())
        more = errors[OURS] - errors[best]
        ratios.append(errors[OURS].mean() / errors[best].mean())
        first = each[0][OURS]
        lines.append(
            [
                table.name, f"{first['rows']} x {first['inputs']}", str(len(each)),
                f"{errors[OURS].mean():.4f}", best, f"{errors[best].mean():.4f}",
                f"{ratios[-1]:.3f}",
                f"{more.mean() / (more.std(ddof=1) / np.sqrt(len(more))):+.1f}",
            ]
        )  # fmt: skip
    if ratios:
        mean = float(np.exp(np.mean(np.log(ratios))))
        lines.append(["geometric mean", "", "", "", "", "", f"{mean:.3f}", ""])
    return lines


def turns_table(done: dict[tuple[str, int, str], Entry]) -> list[list[str]]:
    head = ["table", "splits", "error / that of a process", "turns", "turns, process", "ratio"]
    lines = [head, ["---"] + ["--:"] * 5]
    for table in TABLES:
        each = complete(done, table.name)
        if not each:
            continue
        e, e_gp, t, t_gp = np.mean(
            [[e[w][what] for what in ("error", "turns") for w in (OURS, PROCESS)] for e in each],
            axis=0,
        )
        ratio = f"{t / t_gp:.2f}" if t_gp > 0 else "-"
        lines.append(
            [table.name, str(len(each)), f"{e / e_gp:.3f}", f"{t:.2f}", f"{t_gp:.2f}", ratio]
        )
    return lines


def written(lines: list[list[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="tables whose name has WORD")
    parser.add_argument("--splits", type=int, default=10, metavar="N")
    parser.add_argument("--ours", action="store_true", help="the fits alone")
    parser.add_argument("--peers", action="store_true", help="the others alone")
    parser.add_argument("--again", action="store_true", help="make what was made before, too")
    parser.add_argument("--write", action="store_true", help="write the tables of docs/tables")
    args = parser.parse_args()
    if not DATA.is_dir():
        print(ABSENT, file=sys.stderr)
        return 0
    LOG.parent.mkdir(exist_ok=True)
    done = logged()
    who = [OURS] if args.ours else list(PEERS) if args.peers else [OURS, *PEERS]
    wanted = [t for t in TABLES if t.there and args.only in t.name]
    for seed, table, w in ((s, t, w) for s in range(args.splits) for t in wanted for w in who):
        if args.again or (table.name, seed, w) not in done:
            done[table.name, seed, w] = entry = made(table, seed, w)
            with open(LOG, "a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
            print(f"{table.name}, split {seed}: {w} {entry['error']:.4f}", flush=True)
    errors, turns = written(errors_table(done)), written(turns_table(done))
    print(errors + "\n" + turns)
    if args.write:
        (TABLES_FOLDER / "measured_peers.md").write_text(errors, encoding="utf-8")
        (TABLES_FOLDER / "turning_points.md").write_text(turns, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
