"""Accuracy, size, coverage and time of the fit on measured tables, functions and models of known
rank: one table.

    python tools/accuracy/accuracy.py [--short] [--only WORD] [--splits N] [--jobs N] [--json FILE]
    [--resume | --done]

Every fit is a line of out/accuracy.jsonl as soon as it is done; `--resume` goes on from there after
an interruption, `--done` writes the table of the fits that are there: its second column says how
many.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # one process per core beats threads on matrices of this size
for variable in ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"):
    os.environ[variable] = str(
        1 << 32
    )  # glibc keeps the memory of large arrays: giving it back and forth halves the speed here

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np  # noqa: E402
from functions import FUNCTIONS, TestFunction  # noqa: E402
from known_rank import known_rank  # noqa: E402
from measured import ABSENT, DATA, SETS, MeasuredSet, splits  # noqa: E402

from sna_export.fit import fit_arrays  # noqa: E402
from sna_export.quantize import quantize  # noqa: E402

ROWS, FRESH = 1000, 5000
SMOOTH_TARGETS = {"borehole": 4e-4, "otl circuit": 2e-4}
KNOWN_RANK_SEEDS = 10


@dataclass(frozen=True)
class Split:
    """One fit scored on rows it never saw: squared errors, true values and their squares, each
    summed over the `count` test rows; `covered` of the `inside` rows in the domain (there is no
    interval outside) lie in their interval.
    """

    name: str
    squared: float
    first: float
    second: float
    count: int
    covered: int
    inside: int
    parameters: int
    size: int
    seconds: float
    chosen: str


def scored(name: str, x: Any, y: Any, fresh: Any, truth: Any) -> Split:
    begin = time.perf_counter()
    found = fit_arrays(x, y)
    seconds = time.perf_counter() - begin
    answer = found.model.evaluate(fresh, extrapolate=True, level_index=True)
    value = answer.value[:, 0]
    covered = (truth >= answer.lower[:, 0]) & (truth <= answer.upper[:, 0])
    inside = np.isfinite(answer.lower[:, 0])
    size = len(quantize(found.model, "int16").to_bytes())
    return Split(
        name, float(np.sum((value - truth) ** 2)), float(truth.sum()), float(truth @ truth),
        len(truth),
        int(covered.sum()), int(inside.sum()), found.model.parameters, size, seconds,
        found.report["chosen"],
    )  # fmt: skip


def measured_split(name: str, number: int) -> Split:
    chosen = next(s for s in SETS if s.name == name)
    rows = list(splits(chosen, number + 1))[number]
    return scored(name, *rows)


def function_split(name: str) -> Split:
    f = next(f for f in FUNCTIONS if f.name == name)
    return scored(name, *f.rows(ROWS, 0), *f.uniform(FRESH, 1))


def known_rank_split(seed: int) -> Split:
    begin = time.perf_counter()
    error, parameters = known_rank(seed)
    return Split(
        f"known rank, seed {seed}",
        error**2,
        0.0,
        1.0,
        1,
        1,
        1,
        parameters,
        0,
        time.perf_counter() - begin,
        "",
    )


def jobs(args: argparse.Namespace) -> Iterator[tuple[Any, ...]]:
    word = args.only.lower()
    for f in FUNCTIONS:
        if word in f.name.lower() and (not args.short or f.name in SMOOTH_TARGETS):
            yield function_split, f.name
    for s in SETS if DATA.is_dir() else ():
        if word in s.name.lower() and (not args.short or s.name.startswith("Chen")):
            yield from (
                (measured_split, s.name, n) for n in range(min(args.splits, len(s.load()[2])))
            )
    if word in "known rank":
        yield from (
            (known_rank_split, seed) for seed in range(1 if args.short else KNOWN_RANK_SEEDS)
        )


def line(name: str, parts: list[Split]) -> list[str]:
    """One row of the table."""
    count = sum(p.count for p in parts)
    total = sum(p.second for p in parts) - sum(p.first for p in parts) ** 2 / count
    relative = float(np.sqrt(sum(p.squared for p in parts) / total))
    measured: MeasuredSet | None = next((s for s in SETS if s.name == name), None)
    function: TestFunction | None = next((f for f in FUNCTIONS if f.name == name), None)
    if measured:
        rmse = float(np.mean([np.sqrt(p.squared / p.count) for p in parts]))
        score = 1.0 - relative**2 if measured.metric == "r2" else rmse
        better = score >= measured.target if measured.metric == "r2" else score <= measured.target
        sign = ">=" if measured.metric == "r2" else "<="
        figures = [
            f"{measured.metric} {score:.4g}",
            f"{sign} {measured.target:g}",
            "yes" if better else "no",
            measured.peers,
        ]
    else:
        limit = SMOOTH_TARGETS.get(name, 1e-6 if not function else np.nan)
        verdict = "" if np.isnan(limit) else ("yes" if relative <= limit else "no")
        figures = [
            f"relative rmse {relative:.2e}",
            "" if np.isnan(limit) else f"<= {limit:.0e}",
            verdict,
            "",
        ]
    cover = (
        f"{100 * sum(p.covered for p in parts) / max(1, sum(p.inside for p in parts)):.1f} %"
        if function or measured
        else ""
    )
    sizes = (
        f"{max(p.parameters for p in parts)}",
        f"{max(p.size for p in parts)}",
        f"{np.median([p.seconds for p in parts]):.0f}",
    )
    return [name, str(len(parts)), *figures[:3], cover, *sizes, figures[3]]


HEAD = [
    "set",
    "fits",
    "measured",
    "target",
    "met",
    "covered (90 %)",
    "parameters",
    "int16 bytes",
    "seconds",
    "peers",
]


ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "accuracy.md"
LOG = ROOT / "out" / "accuracy.jsonl"


def markdown(rows: list[list[str]]) -> str:
    """The table for README; only a run over everything writes it."""
    return (
        "\n".join(["| " + " | ".join(row) + " |" for row in (HEAD, ["---"] * len(HEAD), *rows)])
        + "\n"
    )


def label(job: tuple[Any, ...]) -> str:
    return " ".join([job[0].__name__, *map(str, job[1:])])


def logged() -> dict[str, Split]:
    """The fits in LOG by their labels."""
    lines = LOG.read_text(encoding="utf-8").splitlines() if LOG.is_file() else []
    return {entry["job"]: Split(**entry["split"]) for entry in map(json.loads, lines)}


def fits(
    wanted: list[tuple[Any, ...]], workers: int, done: dict[str, Split], resume: bool
) -> dict[str, Split]:
    """`done` and the fits of `wanted` that are not in it, each written to LOG when it ends."""
    LOG.parent.mkdir(exist_ok=True)
    with (
        open(LOG, "a" if resume else "w", encoding="utf-8") as log,
        ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
    ):
        waiting = {
            pool.submit(job[0], *job[1:]): label(job) for job in wanted if label(job) not in done
        }
        for number, result in enumerate(as_completed(waiting), 1):
            name, split = waiting[result], result.result()
            done[name] = split
            log.write(json.dumps({"job": name, "split": asdict(split)}) + "\n")
            log.flush()
            rmse = np.sqrt(split.squared / split.count)
            print(
                f"{number} of {len(waiting)}: {name}, rmse {rmse:.4g} in {split.seconds:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    return done


def stop(*_: object) -> None:
    """Asked to end: the fits under way end too."""
    for child in active_children():
        child.kill()
    os._exit(1)


def by_name(wanted: list[tuple[Any, ...]], done: dict[str, Split]) -> dict[str, list[Split]]:
    """The fits of `wanted` that are done, by name."""
    found: dict[str, list[Split]] = {}
    for split in (done[label(job)] for job in wanted if label(job) in done):
        found.setdefault(split.name, []).append(split)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--short", action="store_true", help="two functions, one table, one seed")
    parser.add_argument("--only", default="", metavar="WORD", help="sets whose name contains WORD")
    parser.add_argument(
        "--splits",
        type=int,
        default=20,
        metavar="N",
        help="splits of each measured table (default: all)",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--resume", action="store_true", help="keep the fits of an interrupted run")
    parser.add_argument(
        "--done",
        action="store_true",
        help="fit nothing: the table of the fits of an interrupted run",
    )
    parser.add_argument("--json", metavar="FILE", help="also write every fit")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, stop)
    if not DATA.is_dir():
        print(f"{ABSENT}; functions and known ranks only", file=sys.stderr)
    wanted = list(jobs(args))
    done = logged() if args.resume or args.done else {}
    found = by_name(wanted, done if args.done else fits(wanted, args.jobs, done, args.resume))
    print(" | ".join(HEAD))
    for name, parts in found.items():
        print(" | ".join(line(name, parts)))
    if not (args.short or args.only or args.splits < 20):
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(
            markdown([line(name, parts) for name, parts in found.items()]), encoding="utf-8"
        )
    if args.json:
        Path(args.json).write_text(
            json.dumps([asdict(s) for parts in found.values() for s in parts], indent=1),
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
