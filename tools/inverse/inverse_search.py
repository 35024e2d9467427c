"""Rows of tools/inverse/inverse_bench.py about targets: level sets, batches, verdicts of a line."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from inverse_problems import Row, median_ms, smooth_model

from sna_edge import Interval, Output
from sna_edge.inverse import invert_batch, level_set

BATCH = 1_000_000
LIMITS = """
[outputs.y]
LSL = {low}
USL = {high}

[knobs.a]
lower = 0.0
upper = 1.0
"""


def level_set_rows() -> list[Row]:
    inputs = list("abcd")
    model = smooth_model(1, inputs, 32)
    y = model.value(np.random.default_rng(0).uniform(size=(2000, 4)))[:, 0]
    target = float(np.quantile(y, 0.7))
    found = level_set(model, target, inputs, 256)
    error = float(np.abs(model.value(found.x)[:, 0] - target).max() / np.ptp(y))
    speed = median_ms(lambda: level_set(model, target, inputs, 256))
    return [
        Row(
            "level_set, 256 diverse solutions, 4 unknowns, 32 modes",
            f"{speed:.1f} ms ({len(found)} found)",
            "10 ms",
        ),
        Row("largest miss of the target, share of the range", f"{error:.1e}", "1e-5"),
        Row("fill distance, share of the axes", f"{found.fill:.3f}", "-"),
    ]


def batch_rows() -> list[Row]:
    """Four inputs, two of them unknown, one and two targets per row."""
    rows, rng = [], np.random.default_rng(0)
    x = rng.uniform(size=(BATCH, 4))
    for modes in (16, 32):
        model = smooth_model(0, list("abcd"), modes, outputs=2)
        y = model.value(x)
        for targets in (["y"], ["y", "z"]):
            given = {name: np.ascontiguousarray(y[:, "yz".index(name)]) for name in targets}
            known = {"c": x[:, 2].copy(), "d": x[:, 3].copy()}
            invert_batch(
                model,
                {n: v[:1000] for n, v in given.items()},
                ["a", "b"],
                {n: v[:1000] for n, v in known.items()},
            )
            times = []
            for _ in range(5):
                start = perf_counter()
                found = invert_batch(model, given, ["a", "b"], known)
                times.append(perf_counter() - start)
            speed = 1e6 * float(np.median(times)) / BATCH
            what = (
                f"batch inversion of {BATCH:,}, 2 unknowns, {len(targets)}"
                f" target{'s' * (len(targets) > 1)}, {modes} modes, per problem"
            )
            rows.append(Row(what, f"{speed:.2f} us, {100 * found.solved:.2f} % solved", "1 us"))
    return rows


def watch_rows() -> list[Row]:
    """The command itself, from a pipe: JSON lines in, JSON lines out; no rejects, then one in fifty
    with advice."""
    model = smooth_model(4, list("abc"))
    y = model.value(np.random.default_rng(0).uniform(size=(4000, 3)))[:, 0]
    model = model.replace(outputs=[Output("y", interval=Interval(0.9, 0.01, 0.01))])
    rng = np.random.default_rng(1)
    texts = "".join(
        json.dumps(dict(zip("abc", map(float, x), strict=True))) + "\n"
        for x in rng.uniform(size=(60_000, 3))
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "m.sna")
        for share, what in ((0.0, "no rejects"), (0.01, "2 % outside the limits, with advice")):
            low, high = np.quantile(y, [share, 1 - share])
            room = 0.05 * float(np.ptp(y)) if not share else 0.0
            (Path(folder) / "limits.toml").write_text(
                LIMITS.format(low=low - room, high=high + room)
            )
            rate = f"{_piped(folder, texts):,.0f}"
            rows.append(
                Row(
                    f"watch, verdicts per second from a pipe, {what}",
                    rate,
                    "-" if share else "20,000",
                )
            )
    return rows


def _piped(folder: str, texts: str) -> float:
    """Lines per second of `sna-edge watch`, start-up taken off by a run with one line."""
    command = [
        sys.executable,
        "-m",
        "sna_edge",
        "watch",
        f"{folder}/m.sna",
        "--limits",
        f"{folder}/limits.toml",
    ]
    times = []
    for text in (texts[: texts.index("\n") + 1], texts):
        took = []
        for _ in range(3):
            start = perf_counter()
            subprocess.run(command, input=text.encode(), stdout=subprocess.DEVNULL, check=True)
            took.append(perf_counter() - start)
        times.append(float(np.median(took)))
    return texts.count("\n") / (times[1] - times[0])
