"""Fits of functions from 1,000 points beside the best of usual surrogates on the same rows.

    python tools/accuracy/smooth_peers.py [FUNCTION ...] [--ours | --peers] [--write]

Errors are RMS over the spread on 5,000 other points; below 1e-6 they count as 1e-6 on both sides.
Two processes (`--workers`) work on it; functions by name or a word of it, all where none is named.
Every result is a line of out/smooth_peers.jsonl and not made again (`--again` does), so that a run
that was cut goes on. `--write` writes docs/tables/smooth_peers.md of the functions that have both
sides.

Peers: Gaussian processes with a length per input (squared exponential, Matern 5/2; scikit-learn,
one start), sparse polynomial chaos (OpenTURNS: least angles, corrected leave-one-out, hyperbolic
0.75; total degree as high as 1,500 terms allow, 600 for more than ten inputs), boosted trees
(histogram, 500 rounds), extra trees (300), cubic ridge (the strength by leave-one-out).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np  # noqa: E402
from functions import Floats  # noqa: E402
from smooth_functions import EVERY  # noqa: E402

from sna_export.fit import AxisSpec, fit_arrays  # noqa: E402
from sna_export.quantize import quantize  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TABLE, LOG = ROOT / "docs" / "tables" / "smooth_peers.md", ROOT / "out" / "smooth_peers.jsonl"
ROWS, FRESH, LEAST = 1000, 5000, 1e-6
HEAD = ["function", "inputs", "fit", "best peer", "its error", "ratio", "found by", "int16 bytes"]
Predict = Callable[[Floats], Any]


def gaussian_process(x: Floats, y: Floats, kind: str) -> Predict:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

    lengths, ends = np.ones(x.shape[1]), (1e-2, 1e3)
    shape = RBF(lengths, ends) if kind == "rbf" else Matern(lengths, ends, nu=2.5)
    kernel = ConstantKernel(1.0, (1e-3, 1e6)) * shape + WhiteKernel(1e-8, (1e-14, 1e-1))
    process = GaussianProcessRegressor(kernel, alpha=1e-12, normalize_y=True, random_state=0)
    return process.fit(x, y).predict  # type: ignore[no-any-return]


def chaos(x: Floats, y: Floats) -> Predict:
    import openturns as ot

    count = x.shape[1]
    unit = ot.JointDistribution([ot.Uniform(0.0, 1.0)] * count)
    order = ot.HyperbolicAnisotropicEnumerateFunction(count, 0.75)
    basis = ot.OrthogonalProductPolynomialFactory([ot.LegendreFactory()] * count, order)
    terms = 1500 if count <= 10 else 600  # least angles of more take hours
    most = max(d for d in range(1, 16) if order.getStrataCumulatedCardinal(d) <= terms)
    strategy = ot.FixedStrategy(basis, order.getStrataCumulatedCardinal(most))
    chosen = ot.LeastSquaresMetaModelSelectionFactory(ot.LARS(), ot.CorrectedLeaveOneOut())
    inputs, outputs = ot.Sample(x), ot.Sample(y[:, None])
    projection = ot.LeastSquaresStrategy(inputs, outputs, chosen)
    made = ot.FunctionalChaosAlgorithm(inputs, outputs, unit, strategy, projection)
    made.run()
    model = made.getResult().getMetaModel()
    return lambda z: np.asarray(model(ot.Sample(z)))[:, 0]


def boosted_trees(x: Floats, y: Floats) -> Predict:
    from sklearn.ensemble import HistGradientBoostingRegressor

    trees = HistGradientBoostingRegressor(max_iter=500, learning_rate=0.05, random_state=0)
    return trees.fit(x, y).predict  # type: ignore[no-any-return]


def extra_trees(x: Floats, y: Floats) -> Predict:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(300, random_state=0).fit(x, y).predict  # type: ignore[no-any-return]


def cubic_ridge(x: Floats, y: Floats) -> Predict:
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    made = make_pipeline(
        StandardScaler(),
        PolynomialFeatures(3),
        StandardScaler(),
        RidgeCV(10.0 ** np.arange(-14, 3)),
    )
    return made.fit(x, y).predict  # type: ignore[no-any-return]


PEERS: dict[str, Callable[[Floats, Floats], Predict]] = {
    "Gaussian process, RBF": lambda x, y: gaussian_process(x, y, "rbf"),
    "Gaussian process, Matern": lambda x, y: gaussian_process(x, y, "matern"),
    "polynomial chaos": chaos,
    "boosted trees": boosted_trees,
    "extra trees": extra_trees,
    "cubic ridge": cubic_ridge,
}
OURS = "fit"


def made(name: str, who: str) -> dict[str, Any]:
    """One line of the log."""
    warnings.simplefilter("ignore")
    f = next(f for f in EVERY if f.name == name)
    x, y = f.rows(ROWS, 0)
    fresh, truth = f.uniform(FRESH, 1)
    begin = time.process_time()
    more: dict[str, Any] = {}
    if who == OURS:
        axes = [AxisSpec(f"x{d}", domain=(a, b)) for d, (a, b) in enumerate(f.bounds.tolist())]
        found = fit_arrays(x, y, axes, plain=True)
        value = found.model.backend.value(fresh)[:, 0]
        size = len(quantize(found.model, "int16").to_bytes())
        more = {"chosen": found.report["chosen"], "bytes": size}
    else:
        low, wide = f.bounds[:, 0], np.ptp(f.bounds, axis=1)
        value = PEERS[who]((x - low) / wide, y)((fresh - low) / wide)
    seconds = time.process_time() - begin
    error = float(np.sqrt(np.mean((value - truth) ** 2)) / truth.std())
    return {"function": f.name, "who": who, "error": error, "seconds": seconds, **more}


def logged() -> dict[tuple[str, str], dict[str, Any]]:
    lines = LOG.read_text(encoding="utf-8").splitlines() if LOG.is_file() else []
    return {(e["function"], e["who"]): e for e in map(json.loads, lines)}


def table(done: dict[tuple[str, str], dict[str, Any]]) -> list[list[str]]:
    lines, ratios = [HEAD, ["---"] * len(HEAD)], []
    for f in EVERY:
        mine = done.get((f.name, OURS))
        others = [done[f.name, w] for w in PEERS if (f.name, w) in done]
        if mine is None or len(others) < len(PEERS):
            continue
        best = min(others, key=lambda e: e["error"])
        ratios.append(max(mine["error"], LEAST) / max(best["error"], LEAST))
        lines.append(
            [
                f.name, str(len(f.bounds)), f"{mine['error']:.2e}", best["who"],
                f"{best['error']:.2e}", f"{ratios[-1]:.2f}", mine["chosen"].split(" of Gauss")[0],
                str(mine["bytes"]),
            ]
        )  # fmt: skip
    if ratios:
        mean = float(np.exp(np.mean(np.log(ratios))))
        lines.append(["geometric mean", "", "", "", "", f"{mean:.2f}", "", ""])
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="FUNCTION", help="functions with these words")
    parser.add_argument("--ours", action="store_true", help="the fits alone")
    parser.add_argument("--peers", action="store_true", help="the others alone")
    parser.add_argument("--again", action="store_true", help="make what was made before, too")
    parser.add_argument("--workers", type=int, default=2, help="processes (2)")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    args = parser.parse_args()
    LOG.parent.mkdir(exist_ok=True)
    done = logged()
    who = [OURS] if args.ours else list(PEERS) if args.peers else [OURS, *PEERS]
    named = [f for f in EVERY if not args.names or any(n in f.name for n in args.names)]
    wanted = [(f, w) for f in named for w in who if args.again or (f.name, w) not in done]
    with ProcessPoolExecutor(args.workers) as pool:
        running = [pool.submit(made, f.name, w) for f, w in wanted]
        for number, result in enumerate(as_completed(running), 1):
            entry = result.result()
            done[entry["function"], entry["who"]] = entry
            with open(LOG, "a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
            print(
                f"{number}/{len(wanted)} {entry['function']}: {entry['who']} {entry['error']:.2e}"
                f" in {entry['seconds']:.0f} s",
                flush=True,
            )
    lines = table(done)
    print("\n".join(" | ".join(cells) for cells in lines))
    if args.write:
        TABLE.write_text("".join(f"| {' | '.join(c)} |\n" for c in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
