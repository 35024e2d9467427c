"""The devices that a kit can be made for: `BOARD-MACHINE-pyXY`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sna_edge.errors import InputError

BOARDS = ("pi", "jetson", "linux")
"""What the first part of a name may be; it is for people, machine and Python decide."""
NUMPY_OF_SYSTEM = ("armv7l",)
"""Machines that the package index has no numpy for: the kit uses the one of the system."""
PYTHONS = ("310", "311", "312", "313")
GLIBC = (17, 24, 26, 27, 28)
"""Minor versions of glibc that the wheels of a kit may ask for: 2.28 is older than Debian 10 and
Ubuntu 20.04."""
MACHINES = {"x86_64": "x86_64", "aarch64": "aarch64", "armv7": "armv7l"}
"""What the machine is called in a name, and by itself (`uname -m`)."""
TARGETS = (
    "pi-aarch64-py311",
    "pi-aarch64-py313",
    "pi-armv7-py313",
    "jetson-aarch64-py310",
    "linux-x86_64-py310",
    "linux-x86_64-py312",
    "linux-aarch64-py312",
)
"""Usual ones; any board, machine and Python of the lists above go together."""


@dataclass(frozen=True)
class Target:
    """A device: `machine` as `uname -m` says it, `python` (3, 11)."""

    name: str
    machine: str
    python: tuple[int, int]

    @property
    def numpy_of_system(self) -> bool:
        """Whether numpy comes with the device's system and not with the kit."""
        return self.machine in NUMPY_OF_SYSTEM

    @property
    def platforms(self) -> list[str]:
        """Platform tags of wheels that run there, the newest first."""
        old = {17: f"manylinux2014_{self.machine}"}
        tags = [f"manylinux_2_{minor}_{self.machine}" for minor in reversed(GLIBC)]
        return [*tags, *old.values(), f"linux_{self.machine}"]

    @property
    def python_text(self) -> str:
        """'3.11'."""
        return ".".join(map(str, self.python))


def target_of(name: str) -> Target:
    """The target of a name like pi-aarch64-py311. Raises InputError."""
    found = re.fullmatch(r"([a-z]+)-(\w+)-py(\d{3})", name)
    if not found or found[1] not in BOARDS or found[2] not in MACHINES or found[3] not in PYTHONS:
        raise InputError(
            f"there is no target {name!r}; write BOARD-MACHINE-pyXY with a board of"
            f" {', '.join(BOARDS)}, a machine of {', '.join(MACHINES)} and a Python of"
            f" {', '.join('py' + p for p in PYTHONS)}, like {TARGETS[0]}"
        )
    return Target(name, MACHINES[found[2]], (3, int(found[3][1:])))
