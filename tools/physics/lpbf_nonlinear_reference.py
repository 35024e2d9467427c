"""Reference numbers of the melting problem of `sna_export.lpbf.melting`, over seven axes: x, y, z,
power, speed, radius, preheat.

Solves 20 random settings by Newton finite elements (`lpbf_nonlinear_fem`) and keeps temperatures
at probe points and the size of the pool (isotherm of the liquidus) beside this file; some settings
once more on a finer mesh, for what the mesh still misses.

python tools/physics/lpbf_nonlinear_reference.py [--settings 20] [--finer 2] [--scale 1.0]
    [--output FILE.json]   (needs scikit-fem: pip install 'sna-edge[physics]')
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from lpbf_nonlinear_fem import Floats, Reference, Setting
from lpbf_pool import pool_sizes
from scipy.stats import qmc

from sna_export.lpbf.melting import RANGES

PROBES = {"x": (-300e-6, 100e-6), "y": (0.0, 100e-6), "z": (0.0, 60e-6)}
COUNT = 120  # probe points
COARSE = 0.55  # times as many spans, for the start of Newton's method
FINER = 1.4  # times as many spans on every axis


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--settings", type=int, default=20)
    parser.add_argument("--finer", type=int, default=2, help="settings solved on a finer mesh too")
    parser.add_argument("--scale", type=float, default=1.0, help="divides the mesh width")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    points, settings = probes(), random_settings(args.settings)
    meshes = [Reference(c * args.scale) for c in (COARSE, 1.0, FINER)]
    finer = [_measured(meshes, s, points) for s in settings[: args.finer]]
    solved = [_measured(meshes[:2], s, points) for s in settings]
    found = {
        "points_um": (1e6 * points).round(2).tolist(),
        "settings": solved,
        "mesh": {
            "nodes": int(meshes[1].basis.N),
            "moved_by_a_finer_mesh": [_moved(a, b) for a, b in zip(solved, finer, strict=False)],
        },
    }
    args.output.write_text(_compact(found), encoding="utf-8")
    print(f"wrote {args.output}, {args.output.stat().st_size} bytes")
    print(json.dumps(found["mesh"], indent=1))
    return 0


def probes() -> Floats:
    """Points [N, 3] of the window around the beam, m, rounded as they are kept."""
    share = qmc.Sobol(3, seed=5).random(128)[:COUNT]
    low, high = (np.array([PROBES[n][i] for n in "xyz"]) for i in (0, 1))
    return np.asarray((1e6 * (low + share * (high - low))).round(2) / 1e6)


def random_settings(count: int) -> list[Setting]:
    """Points that fill the box of the parameters, rounded as they are kept."""
    share = qmc.LatinHypercube(len(RANGES), seed=7).random(count)
    return [
        {
            n: float(f"{a + s * (b - a):.4g}")
            for (n, (a, b)), s in zip(RANGES.items(), row, strict=True)
        }
        for row in share
    ]


def _measured(meshes: list[Reference], at: Setting, points: Floats) -> dict[str, Any]:
    began = process_time()
    reference = meshes[0]
    theta = reference.solved(at)
    for finer in meshes[1:]:
        theta = finer.solved(at, finer.start_from(reference, theta))
        reference = finer
    print(f"{at}: {process_time() - began:.0f} s of processor time", flush=True)
    return {
        **at,
        "temperature": reference.at(theta, points).round(2).tolist(),
        **{n: float(f"{v:.5g}") for n, v in pool_sizes(partial(reference.on, theta)).items()},
    }


def _moved(coarse: dict[str, Any], fine: dict[str, Any]) -> dict[str, float]:
    """Relative moves: of the temperature rise at the probe points in the L2 norm, of the pool."""
    a, b = (np.array(m["temperature"]) - m["preheat"] for m in (coarse, fine))
    found = {"field": float(f"{np.linalg.norm(a - b) / np.linalg.norm(b):.2g}")}
    for name in ("length_um", "width_um", "depth_um"):
        found[name[:-3]] = float(f"{abs(coarse[name] / fine[name] - 1):.2g}")
    return found


def _compact(found: dict[str, Any]) -> str:
    """JSON with one line per setting."""
    rows = ",\n  ".join(json.dumps(s) for s in found["settings"])
    return (
        f'{{"points_um": {json.dumps(found["points_um"])},\n "settings": [\n  {rows}\n ],\n'
        f' "mesh": {json.dumps(found["mesh"])}}}\n'
    )


if __name__ == "__main__":
    raise SystemExit(main())
