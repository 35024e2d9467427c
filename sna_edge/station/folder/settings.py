"""A table [folder.NAME] of the configuration."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...errors import InputError
from ..config import Configuration, Table


@dataclass(frozen=True)
class FolderSettings:
    """Files of `path` whose name fits `pattern` hold parts of `station` (and of `recipe`, where
    they have no such column). They are looked for every `seconds`, and read when they have not
    changed between two looks; afterwards they lie in done/ or wrong/."""

    path: str
    station: str
    recipe: str = ""
    pattern: str = "*.csv"
    seconds: float = 1.0
    largest: int = 1 << 30


def read(name: str, table: Table, config: Configuration) -> FolderSettings:
    """The settings. Raises InputError."""
    found = FolderSettings(
        table.path("path"),
        table.choice("station", tuple(config.stations)),
        table.text("recipe", ""),
        table.text("pattern", "*.csv"),
        table.number("seconds", 1.0, least=0.01, most=3600.0),
        table.size("largest", 1 << 30),
    )
    if "/" in found.pattern or os.sep in found.pattern:
        raise table.wrong("pattern", found.pattern, "give names, not paths, like *.csv")
    recipes = config.stations[found.station].recipes
    if found.recipe and found.recipe not in recipes:
        raise table.wrong("recipe", found.recipe, f"write one of {', '.join(recipes)}")
    if not os.path.isdir(found.path):
        raise InputError(f"{table.name}: there is no folder {found.path}; make it")
    return found
