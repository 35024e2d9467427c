"""Boosted trees that predict a hardness, made a model for a device.

    python examples/black_box/black_box.py [--calls N] [-o hardness.sna]

Trees of scikit-learn are the black box here; anything with `predict`, or a function of points
[N, D], does.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor

from sna_export.adopt import Domain, distil


def rows() -> tuple[np.ndarray, np.ndarray]:
    """Temperature in deg C, time in min and alloy (0, 1) of 400 quenched parts, and their
    hardness."""
    rng = np.random.default_rng(0)
    x = np.c_[rng.uniform(150, 650, 400), rng.uniform(5, 120, 400), rng.integers(0, 2, 400)]
    softened = 1.0 / (1.0 + np.exp((400.0 + 60.0 * x[:, 2] - x[:, 0]) / 60.0))
    hardness = 62.0 - 25.0 * softened * (1.0 - np.exp(-x[:, 1] / 30.0))
    return x, hardness + 0.5 * rng.standard_normal(400)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calls", type=int, default=6000, metavar="N")
    parser.add_argument("-o", default="hardness.sna", metavar="FILE")
    args = parser.parse_args()
    x, hardness = rows()
    trees = GradientBoostingRegressor(random_state=0).fit(x, hardness)
    domain = [
        Domain("temperature", "deg C", 150.0, 650.0),
        Domain("time", "min", 5.0, 120.0),
        Domain("alloy", "", 0.0, 0.0, ("42CrMo4", "50CrV4")),
    ]
    found = distil(trees, domain, calls=args.calls, outputs=("hardness",))
    found.model.save(args.o)
    reached = "reached" if found.reached else "not reached"
    print(f"RMS {found.rms:.2%} of the range ({reached}), {found.calls} calls, {args.o}")
    part = {"temperature": 420.0, "time": 45.0, "alloy": "50CrV4"}
    print(f"model {found.model(part)[0]:.2f}, trees {trees.predict([[420.0, 45.0, 1.0]])[0]:.2f}")


if __name__ == "__main__":
    main()
