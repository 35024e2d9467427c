"""What it costs to say what inputs contribute, in units of one query of the value, as a table.

    python tools/speed/contributions.py [--print]

Writes docs/tables/contributions.md. Contenders take turns, the quickest of ROUNDS of each counts;
times are those of the processor, so that others on the machine disturb less. The numpy backend.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from sna_edge import CP, TT, Interval, Model, Output, spline_axis
from sna_edge.quality import Limit, Line, LineLimits

TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "contributions.md"
HEAD = "| question | value | contributions | contributions / value |\n| --- | ---: | ---: | ---: |"
ROUNDS, MODES, PARTS = 15, 32, 1000
WATCH = "| watch | without | with | slower by |\n| --- | ---: | ---: | ---: |"


def in_turns(*asked: tuple[Callable[[], object], int]) -> list[float]:
    """Least processor seconds of one call of each, called so many times in a round."""
    best = [float("inf")] * len(asked)
    for _ in range(ROUNDS):
        for i, (call, times) in enumerate(asked):
            start = time.process_time()
            for _ in range(times):
                call()
            best[i] = min(best[i], (time.process_time() - start) / times)
    return best


def made(inputs: int, link: str = "identity") -> Model:
    """A random model whose outputs stay moderate: atoms between 0.5 and 1 on 8 spans."""
    rng = np.random.default_rng(0)
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0) for d in range(inputs)]
    tables = [rng.uniform(0.5, 1.0, (a.basis.n_rows, MODES)) for a in axes]
    output = Output("y", link=link, interval=Interval(0.9, 0.01, 0.01))
    return Model(axes, CP.full(tables, np.full((MODES, 1), 0.1)), [output], backend="numpy")


def train(inputs: int, rank: int = 6) -> Model:
    """A random tensor train on the same inputs."""
    base, rng = made(inputs), np.random.default_rng(1)
    ranks = [1, *[rank] * inputs]
    cores = tuple(
        rng.normal(size=(a.basis.n_rows, ranks[d], ranks[d + 1])) / rank
        for d, a in enumerate(base.axes)
    )
    return base.replace(interaction=TT(cores, np.ones((rank, 1))))


def points(model: Model, count: int) -> np.ndarray:
    """Uniform points of the domain."""
    rng = np.random.default_rng(0)
    lower, upper = np.array([(a.lower, a.upper) for a in model.axes]).T
    return lower + (upper - lower) * rng.random((count, len(lower)))


def row(name: str, value: float, share: float) -> str:
    return f"| {name} | {1e6 * value:,.3g} us | {1e6 * share:,.4g} us | {share / value:,.1f} |"


def queries() -> list[str]:
    """One point, a thousand, and every kind of model and reference."""
    rows = []
    kinds = {
        "8 inputs, 32 modes": made(8),
        "8 inputs, tensor train of rank 6": train(8),
        "8 inputs, 32 modes, exp": made(8, "exp"),
        "12 inputs, 32 modes, exp": made(12, "exp"),
    }
    for name, model in kinds.items():
        x, reference = points(model, 2)
        value, setting, mean = in_turns(
            (lambda m=model, x=x: m.value(x), 200),
            (lambda m=model, x=x, r=reference: m.contributions(x, r), 5),
            (lambda m=model, x=x: m.contributions(x), 5),
        )
        rows += [row(f"{name}: a setting", value, setting), row(f"{name}: the mean", value, mean)]
    model = kinds["8 inputs, 32 modes"]
    (x, *many), batch = points(model, 101), points(model, PARTS)
    value, rows_of, all_values, all_shares = in_turns(
        (lambda: model.value(x), 200),
        (lambda: model.contributions(x, np.array(many)), 2),
        (lambda: model.value(batch), 2),
        (lambda: model.contributions(batch, x), 1),
    )
    rows.append(row("8 inputs, 32 modes: the mean of 100 rows", value, rows_of))
    batch_row = row("8 inputs, 32 modes: 1,000 points at once, each", all_values / PARTS,
                    all_shares / PARTS)  # fmt: skip
    return [*rows, batch_row]


def watched(share: float) -> str:
    """Verdicts of parts of which a share is not accepted, with and without contributions."""
    model = made(8)
    x = points(model, PARTS)
    y = model.value(x)[:, 0]
    limit = float(np.quantile(y, 1 - share)) + 0.01
    limits = LineLimits((Limit("y", usl=limit),))
    texts = [json.dumps(dict(zip(model.input_names, p, strict=True))) for p in x.tolist()]
    plain, explained = Line(model, limits), Line(model, replace(limits, explain="last accepted"))
    without, with_it = in_turns(
        (lambda: plain.lines(texts), 1), (lambda: explained.lines(texts), 1)
    )
    kept = sum(a["verdict"] != "ACCEPT" for a in plain.lines(texts))
    return (
        f"| 8 inputs, 32 modes, {100 * kept / PARTS:.3g} % of parts not accepted |"
        f" {PARTS / without:,.0f} parts/s | {PARTS / with_it:,.0f} parts/s |"
        f" {100 * (with_it / without - 1):.0f} % |"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--print", action="store_true", help="print instead of writing the table")
    args = parser.parse_args()
    lines = [HEAD, *queries(), "", WATCH, *(watched(share) for share in (0.02, 0.2))]
    text = "\n".join(lines) + "\n"
    if args.print:
        print(text)
    else:
        TABLE.write_text(text, encoding="utf-8")
        print(f"written: {TABLE}")
