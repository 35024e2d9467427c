"""What somebody asks of a running station, and the record that is made of it before it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

from ...errors import InputError
from ..judging import Served
from ..judging.renewal import Renewal
from ..plant import Plant

LONGEST = 1000
"""Characters of a reason, and of a name."""


class Unknown(InputError):
    """What is asked for is not there."""


class People(Protocol):
    """Who may call: `Roster` of the door for HTTP."""

    def now(self) -> Any:
        """The people, with their `roles` {(kind, name): role}."""

    def add(self, name: str, role: str, record: Callable[[], object]) -> str:
        """The token of somebody new, shown once. Raises InputError."""

    def revoke(self, name: str, record: Callable[[], object]) -> None:
        """Let somebody in no more. Raises InputError."""


@dataclass(frozen=True)
class Streamed:
    """An answer that is written as it is made: `write` into a text file of the type `kind`."""

    write: Callable[[TextIO], object]
    kind: str
    name: str


@dataclass(frozen=True)
class Asked:
    """`names` of the address, what was `said` beside (JSON, or the query of the address), `data`
    that is no JSON. `person` calls: by token or certificate, "" where nobody is asked for one;
    `people`: None there."""

    plant: Plant
    person: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    data: bytes = b""
    people: People | None = None

    @property
    def who(self) -> str:
        """Who does it, for the record: the name that was typed in, beside that of the token."""
        typed = self.text("who", "").strip()[:100]
        if self.person and typed and typed != self.person:
            return f"{typed} ({self.person})"
        return self.person or typed or "this machine"

    @property
    def why(self) -> str:
        """The reason. Raises InputError where none is given."""
        found = " ".join(self.text("why", "").split())
        if not found:
            raise InputError(
                'no reason was given; say why (--why "..", or "why": ".." in a call): it is'
                " recorded with what is done"
            )
        return found[:LONGEST]

    def text(self, key: str, default: str | None = None) -> str:
        """A text of what was said. Raises InputError."""
        found = self.said.get(key, default)
        if not isinstance(found, str):
            said = "is not given" if found is None else "is no text"
            raise InputError(f'{key} {said}; give "{key}": ".."')
        return found

    @property
    def cell(self) -> tuple[str, str]:
        """Station and recipe of the address. Raises Unknown."""
        cell = self.names["station"], self.names["recipe"]
        if cell not in self.plant.desk.cells:
            known = ", ".join("/".join(one) for one in self.plant.desk.cells)
            raise Unknown(f"there is no {'/'.join(cell)[:120]}; there are {known}")
        return cell

    @property
    def served(self) -> Served:
        """What judges there. Raises Unknown."""
        return self.plant.desk.cells[self.cell]

    def record(self, event: str, **told: Any) -> int:
        """Write who does what and why; the number of the record, once it is on the disk. Raises
        Unrecorded, and nothing may be done then."""
        station, recipe = self.names.get("station", ""), self.names.get("recipe", "")
        told = {"station": station, "recipe": recipe, "who": self.who, "why": self.why, **told}
        return self.plant.recorded(event, **told)


def renewal_of(asked: Asked) -> Renewal:
    """What takes other models and limits between two parts. Raises InputError."""
    if asked.plant.renewal is None:
        raise InputError("this station takes no changes; start it as sna-edge station does")
    return asked.plant.renewal


def writable(path: str) -> None:
    """Raises InputError where the station may not replace a file, or write into a folder."""
    folder = path if os.path.isdir(path) else os.path.dirname(os.path.abspath(path))
    if not os.access(folder, os.W_OK):
        raise InputError(
            f"the station may not write in {folder}; let it (ReadWritePaths= of its unit), or do it"
            " by hand"
        )
