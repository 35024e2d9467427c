"""What the bytes beside the values of a fit are for: a scale, a familiarity, a calibration.

    python tools/accuracy/beside_bytes.py [--inputs N] [--rows N]

Correlated inputs without levels, one output whose errors grow along two inputs and the value.
"""

from __future__ import annotations

import argparse

import numpy as np

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.artifact import layout
from sna_edge.artifact.checks import validate
from sna_edge.artifact.raw_views import Raw
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import with_familiarity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=8)
    parser.add_argument("--rows", type=int, default=1000)
    args = parser.parse_args()
    bare, data = example(args.inputs, args.rows)
    raw = validate(data)
    for companion in raw.companions:
        role = ("scale", "familiarity")[int(companion.record["role"])]
        coordinates = companion.coordinates.nbytes + sum(w.nbytes for w in companion.weights)
        show(f"{role}: coordinates and weights", coordinates)
        for part, size in parts(companion.file).items():
            show(f"{role}: {part}", size)
    show("calibration", len(raw.sections["calibration"]))
    show("in all, more than the values alone", len(data) - len(bare))


def example(inputs: int, count: int) -> tuple[bytes, bytes]:
    """A model of values alone, and with what stands beside it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(count, inputs)) @ rng.normal(size=(inputs, inputs))
    axes = [spline_axis(f"x{d}", "", c.min(), c.max(), spans=8) for d, c in enumerate(x.T)]
    tables = [rng.normal(size=(a.basis.n_rows, 8)) for a in axes]
    model = Model(axes, CP.full(tables), [Output("y")])
    share = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    y = x[:, :1]
    size = np.exp(share[:, :1] + share[:, 1:2] + share[:, -1:])
    made = calibrated(model, x, y + size * rng.normal(size=y.shape), y).model
    return model.to_bytes(), with_familiarity(made, x).to_bytes()


def parts(file: Raw) -> dict[str, int]:
    """Bytes of header with section table, of each section and of padding."""
    found = {"header, section table": 64 + layout.SECTION.itemsize * len(file.sections)}
    found |= {name: len(block) for name, block in file.sections.items() if len(block)}
    return found | {"padding": int(file.header["file_size"]) - sum(found.values())}


def show(what: str, size: int) -> None:
    print(f"{what:40s} {size:6d}")


if __name__ == "__main__":
    main()
