"""Small artifacts of every kind that format 1.0 knows, written by the library that runs this, and
what it answers to them.

    python tools/release/kept_artifacts.py FOLDER

The files in tests/sna_edge/kept/1.0 were written once, by the last library that knew
no other format, with the kernels of AVX2 on one thread (tools/accuracy/reference_bytes.py); they
are kept as they are, so that every later reader is tried on them.
"""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge import CP, TT, Axis, Interval, Model, Output, level_axis
from sna_edge.core.basis import (
    bernstein,
    bspline,
    graded_breaks,
    hat,
    lagrange,
    periodic_bspline,
    uniform_breaks,
)

UNIT = {"int8": 2.0**-7, "int16": 2.0**-15}
POINTS = 12


def axes() -> list[Axis]:
    """Two continuous inputs, uniform and graded, one of them with a span that saw no row."""
    support = np.array([3, 0, 255, 1], np.uint8)
    return [
        Axis("power", "W", bspline(uniform_breaks(80.0, 400.0, 4), 3), support=support),
        Axis("speed", "mm/s", bspline(graded_breaks(0.2, 2.5, 4, 0.5, 4.0), 2)),
    ]


def table(rng: np.random.Generator, axis: Axis, columns: int, dtype: str) -> np.ndarray:
    """Entries that the storage type holds, below 1, equal where the axis ties rows."""
    unit = UNIT.get(dtype, 2.0**-8)
    drawn = rng.integers(round(-0.9 / unit), round(0.9 / unit), (axis.basis.n_rows, columns))
    return np.asarray((drawn * unit)[axis.basis.tie])


def cp(
    own: list[Axis], dtype: str = "float32", outputs: list[Output] | None = None, **more
) -> Model:
    """Modes over the first input, over the first two, and over all."""
    rng = np.random.default_rng(5)
    modes = (np.arange(4), *(np.arange(1 if d == 1 else 2, 4) for d in range(1, len(own))))
    tables = tuple(table(rng, a, len(m), dtype) for a, m in zip(own, modes, strict=True))
    made = outputs or [Output("depth", "um", scale=2.0, bias=0.5)]
    weights = rng.integers(-96, 96, (4, len(made))) / 64
    return Model(own, CP(tables, modes, weights), made, dtypes=[dtype] * len(own), **more)


def train(dtype: str) -> Model:
    rng, own = np.random.default_rng(6), [*axes(), level_axis("alloy", ("316L", "IN718", "Ti64"))]
    ranks = (1, 2, 3, 2)
    cores = tuple(
        table(rng, a, ranks[d] * ranks[d + 1], dtype).reshape(-1, ranks[d], ranks[d + 1])
        for d, a in enumerate(own)
    )
    weights = rng.integers(-96, 96, (2, 2)) / 64
    return Model(own, TT(cores, weights), [Output("a"), Output("b", "K")], dtypes=[dtype] * 3)


def models() -> dict[str, Model]:
    """name -> model: storage types, interactions, links, kinds of axes, intervals, integer path."""
    ring = Axis("angle", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 5), 3))
    alloy = level_axis("alloy", ("316L", "IN718", "Ti64"))
    even = uniform_breaks(0.0, 1.0, 3)
    nodes = [Axis("a", "", lagrange(even, 2)), Axis("b", "", bernstein(even, 5)),
             Axis("c", "", hat(graded_breaks(0.0, 1.0, 3, 0.2, 3.0)))]  # fmt: skip
    made = {f"cp-{dtype}": cp(axes(), dtype) for dtype in ("float32", "float16", "int16", "int8")}
    made |= {f"tt-{dtype}": train(dtype) for dtype in ("float32", "float16", "int16", "int8")}
    made |= {f"integers-{d}": cp([*axes(), alloy], d, integer_path=True) for d in ("int16", "int8")}
    for link in ("exp", "logistic"):
        output = Output("p", "", link, 2.0, -0.5, 0.2, Interval(0.9, 0.1, 0.2, "link"))
        made[link] = cp(axes(), outputs=[output])
        made[f"integers-{link}"] = cp(axes(), "int16", [output], integer_path=True)
    made["levels"] = cp([alloy, level_axis("machine", ("7", "12"))])
    made["periodic"] = cp([ring, *axes()], "int16")
    made["bases"] = cp(nodes)
    both = [Output("a", interval=Interval(0.95, 1.0, 2.0)), Output("b", "K", scale=-3.0)]
    made["interval"] = cp(axes(), outputs=both, metadata={"dialect": {"separator": ";"}})
    return made


def inputs(model: Model) -> np.ndarray:
    """Points of the domain, the first at the lower ends, the second at the upper ones."""
    rng = np.random.default_rng(7)
    low, high = ([getattr(a, end) for a in model.axes] for end in ("lower", "upper"))
    x = rng.uniform(low, high, (POINTS, len(low)))
    for d, axis in enumerate(model.axes):
        if axis.kind == "categorical":
            x[:, d] = rng.integers(0, axis.basis.n_spans, POINTS)
    return np.vstack([low, high, x])


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    answers = {}
    for name, model in models().items():
        data = model.to_bytes()
        (folder / f"{name}.sna").write_bytes(data)
        read = sna_edge.from_bytes(data, backend="numpy")
        x = inputs(read)
        answers[name] = {"inputs": x.tolist(), "values": read.value(x, level_index=True).tolist()}
    text = ",\n".join(f'"{name}": {json.dumps(a)}' for name, a in answers.items())
    (folder / "answers.json").write_text("{\n" + text + "\n}\n")
    made = {"library": sna_edge.__version__, "numpy": np.__version__, "machine": platform.machine()}
    (folder / "made_by.json").write_text(json.dumps(made) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
