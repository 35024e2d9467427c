"""Memory that a step of a solve will take, looked at before it is taken."""

from __future__ import annotations

from pathlib import Path

from ..weak_form.errors import ProblemError

SHARE = 0.8  # of the memory that is free now
PLENTY = 2.0**28  # bytes: below that nobody looks


def available() -> float:
    """Bytes that are free; infinite where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("inf")
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return 1024.0 * float(found[0]) if found else float("inf")


def need_memory(size: float, left: int, right: int) -> None:
    """Raises ProblemError where an elimination between the ranks `left` and `right` needs more
    bytes than are free."""
    if size > PLENTY and size > SHARE * (free := available()):
        raise ProblemError(
            f"a step between ranks {left} and {right} needs {size / 2**30:.1f} GB of memory and"
            f" {free / 2**30:.1f} GB are free; lower --rank-max, or ask for a coarser --tolerance"
        )
