"""A laser melt pool: solve seven dimensions once, then ask for depth, a robust setting and exact
moments.

python examples/physics/melt_pool.py            (about half a minute)
"""

from __future__ import annotations

import numpy as np

from sna_edge import Normal
from sna_export.lpbf.meltpool import MeltPool
from sna_export.lpbf.moving_beam import STEEL, lpbf
from sna_export.lpbf.sweep import robust_depth
from sna_export.solve import solve


def main() -> float:
    solution = solve(lpbf())
    model = solution.model
    print(f"{model!r}\nsolved in {solution.seconds:.0f} s")
    pool = MeltPool(model, STEEL.melting_rise)
    nominal = {"power": 200.0, "speed": 0.8, "radius": 50e-6, "ring": 0.0}
    depth, width, length = (
        1e6 * float(query(nominal)[0]) for query in (pool.depth, pool.width, pool.length)
    )
    print(
        f"melt pool at 200 W, 0.8 m/s: {depth:.1f} um deep, {width:.1f} um wide, {length:.0f} um"
        " long"
    )
    robust = robust_depth(
        pool, np.linspace(150, 300, 16), np.linspace(0.6, 1.4, 9), 60e-6, samples=500
    )
    power, speed = robust.designs[robust.best]
    print(
        f"60 um deep against the odds: {power:.0f} W, {speed:.2f} m/s, off by"
        f" {1e6 * robust.miss[robust.best]:.1f} um (rms)"
    )
    point = model.at(x=-60e-6, y=0.0, z=30e-6, ring=0.0)
    over = {"power": Normal(200.0, 8.0), "speed": Normal(0.8, 0.02), "radius": Normal(55e-6, 2e-6)}
    mean, spread = float(point.mean(over)[0]), float(np.sqrt(point.variance(over)[0]))
    print(
        f"temperature rise 30 um under the track: {mean:.0f} K, standard deviation {spread:.0f} K,"
        " exact"
    )
    return depth


if __name__ == "__main__":
    main()
