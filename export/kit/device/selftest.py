"""Ask every model of an installed kit: VENV/bin/python selftest.py RELEASE

Loading replays the reference values that each file carries, by numpy and by the native package; the
two must agree. Ends with 1 and one sentence where something is wrong.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

POINTS = 256


def ask(path: Path) -> str:
    """One model by both backends: how far they differ and how long a query takes."""
    import numpy as np

    import sna_edge
    from sna_edge.numerics.domain_points import domain_points

    slow = sna_edge.load(path, backend="numpy")
    x = domain_points(slow.axes, POINTS)
    y = slow.value(x, level_index=True)
    fast = sna_edge.load(path, backend="native")
    if fast.backend.name != "native":
        raise SystemExit("the native package does not answer; make the kit again")
    size = np.abs(y).max(axis=0) + 1e-300
    apart = float((np.abs(fast.value(x, level_index=True) - y) / size).max())
    if not apart < 1e-4:
        raise SystemExit(f"{path.name}: native and numpy differ by {apart:.1e} of the range")
    started, point = time.perf_counter(), x[:1]
    for _ in range(1000):
        fast.backend.value(point)
    each = (time.perf_counter() - started) * 1000
    return (
        f"{path.name}: reference values replayed, native and numpy within {apart:.0e},"
        f" {each:.1f} us a query"
    )


def main() -> None:
    """Every model of the release."""
    release = Path(sys.argv[1])
    models = sorted((release / "models").glob("*.sna"))
    if not models:
        raise SystemExit(f"{release} has no models; make the kit again")
    for path in models:
        print(ask(path))


if __name__ == "__main__":
    main()
