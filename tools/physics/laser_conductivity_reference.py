"""Reference numbers of `laser_conductivity.py` of the cases: a laser at one speed and one radius on
metal whose conductivity is k (1 + b u), over x, y, z and the power.

Solves the ends and the middle of the range of the power by Newton finite elements in the Kirchhoff
variable (`lpbf_nonlinear_fem`) and keeps the rise u [K] at points that crowd around the beam, each
with the volume it stands for; on a coarser mesh too, for what the mesh still misses.

python tools/physics/laser_conductivity_reference.py [--scale 1.2] [--output FILE.json]
    (needs scikit-fem: pip install 'sna-edge[physics]')
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from time import process_time

import numpy as np
from lpbf_nonlinear_fem import Floats, Laws, Reference
from scipy.stats import qmc

from sna_export.lpbf.melting import IN718

K, B, RHO_C = 26.0, 5e-4, 4.68e6  # W/(m K), 1/K, J/(m3 K)
ABSORBED, SPEED, RADIUS = 0.4, 0.8, 50e-6  # of the power; m/s; m
POWERS = (100.0, 200.0, 300.0)  # W
BOX = {"x": (-600e-6, 200e-6), "y": (0.0, 300e-6), "z": (0.0, 300e-6)}
CROWD = {"x": 40e-6, "y": 30e-6, "z": 20e-6}  # m: half of the points lie about so near
COUNT = 512
COARSER = 1.4  # times as wide a mesh


class Linear(Laws):
    """u [K], theta = K (u + B u^2 / 2) [W/m] and H = c u [J/kg] of each other."""

    def __init__(self) -> None:
        self._heat = RHO_C / IN718.density

    def kirchhoff(self, temperature: float) -> float:
        return K * (temperature + B * temperature**2 / 2)

    def temperature(self, theta: Floats) -> Floats:
        return np.asarray((np.sqrt(1 + 2 * B * theta / K) - 1) / B)

    def enthalpy(self, theta: Floats) -> Floats:
        return self._heat * self.temperature(theta)

    def slope(self, theta: Floats) -> Floats:
        return self._heat / (K * np.sqrt(1 + 2 * B * theta / K))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.2, help="divides the mesh width")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    points, volumes = probes()
    coarse, fine = (Reference(args.scale / c, BOX) for c in (COARSER, 1.0))
    rises, moved, began = {}, {}, process_time()
    theta = None
    for power in POWERS:
        theta = coarse.solved(_setting(power), theta, Linear())
        better = fine.solved(_setting(power), fine.start_from(coarse, theta), Linear())
        before, rise = (
            Linear().temperature(m.theta_at(t, points))
            for m, t in ((coarse, theta), (fine, better))
        )
        rises[f"{power:g}"] = [float(f"{u:.6g}") for u in rise]
        moved[f"{power:g}"] = float(f"{relative(before, rise, volumes):.2g}")
        print(f"{power:g} W: {process_time() - began:.0f} s of processor time so far", flush=True)
    mesh = {"nodes": int(fine.basis.N), "moved_from_1.4_times_as_coarse": moved}
    kept = {
        "points_um": (1e6 * points).round(3).tolist(),
        "volumes": [float(f"{v:.4g}") for v in volumes / volumes.sum()],
        "rise": rises,
        "mesh": mesh,
    }
    lines = ",\n ".join(f'"{name}": {json.dumps(part)}' for name, part in kept.items())
    args.output.write_text("{" + lines + "}\n", encoding="utf-8")
    print(f"wrote {args.output}: {mesh}")
    return 0


def _setting(power: float) -> dict[str, float]:
    """As the finite elements of the melting problem take it, whose metal absorbs another share."""
    power *= ABSORBED / IN718.absorptivity
    return {"power": power, "speed": SPEED, "radius": RADIUS, "preheat": 0.0}


def probes() -> tuple[Floats, Floats]:
    """Points [N, 3] on even steps of asinh(x / h), m, and the volume each stands for, m3 [N]."""
    share = qmc.Sobol(3, seed=5).random(COUNT)
    points, volumes = np.empty((COUNT, 3)), np.full(COUNT, 1 / COUNT)
    for d, name in enumerate("xyz"):
        low, high = (np.arcsinh(end / CROWD[name]) for end in BOX[name])
        s = low + share[:, d] * (high - low)
        points[:, d] = (CROWD[name] * np.sinh(s)).round(9)  # as they are kept
        volumes *= (high - low) * CROWD[name] * np.cosh(s)
    return points, volumes


def relative(found: Floats, wanted: Floats, volumes: Floats) -> float:
    """L2 distance over the L2 norm of `wanted`."""
    return float(np.sqrt(volumes @ (found - wanted) ** 2 / (volumes @ wanted**2)))


if __name__ == "__main__":
    raise SystemExit(main())
