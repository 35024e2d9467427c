"""What the tables of bad files share: a case is a rule, a name and an edit of kept/1.1/everything
(an opened ByHand) to the broken bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import example
from ..packed import packed
from ..plain import Whole

NAN, INF = float("nan"), float("inf")
Edit = Callable[[Any], Any]
Add = Callable[..., None]


class Cases(dict[str, tuple[str, str, Edit]]):
    """name -> (rule, kept file, edit)."""

    def add(self, rule: str, name: str, edit: Edit, base: str = "everything") -> None:
        name = f"{rule}: {name}"
        assert name not in self, name
        self[name] = (rule, base, edit)


def field(section: str | None, offset: int, kind: str, *values: float) -> Edit:
    return lambda h: h.poke(section, offset, kind, *values).sealed()


def pushed(section: str | None, offset: int, by: int) -> Edit:
    """A u32 changed by a number."""
    return lambda h: h.poke(section, offset, "I", int(h.peek(section, offset, "I")) + by).sealed()


def made(edit: Callable[[Whole], None]) -> Edit:
    """The example built again after a change of what it says."""

    def again(h: Any) -> bytes:
        whole = example.whole()
        edit(whole)
        return packed(whole, example.NAMES)

    return again


def longer(section: str, more: bytes) -> Edit:
    return lambda h: h.replaced(**{section: h.read(section) + more})


def cut(section: str, size: int) -> Edit:
    """The section without its last `size` bytes."""
    return lambda h: h.replaced(**{section: h.read(section)[:-size]})
