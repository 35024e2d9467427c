"""What one process does: its stations with their recipes, its records, its doors."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from os import PathLike, fspath
from typing import Any

from ...errors import InputError
from ...learning import OBSERVE, RECALIBRATE, WIDTH
from ...values.documents import document, document_bytes
from .charting import Charting, read_charting
from .table import Table

LEARN = ("none", OBSERVE, WIDTH, RECALIBRATE)
STOP, DROP_OLDEST = "stop", "drop_oldest"
DEFAULT = "default"


@dataclass(frozen=True)
class Recipe:
    """What parts of one kind are judged by: a model file (`model`) or the active model of a store
    (`store`), and limits. `learn`: what measured values change. A new model is taken where it
    reproduces its reference outputs and predicts `accept_rows` within `tolerance` (of each output;
    "" for all). `advice_ms`: for the recommended adjustment of a reject. `page`: the page file of
    the model, for what-if on the live page; `charts`: its control charts there."""

    name: str
    limits: str
    model: str = ""
    store: str = ""
    learn: str = LEARN[0]
    accept_rows: str = ""
    tolerance: Mapping[str, float] = field(default_factory=dict)
    advice_ms: float = 20.0
    page: str = ""
    charts: Charting = field(default_factory=Charting)

    @property
    def source(self) -> str:
        """Path of the model or of its store."""
        return self.model or self.store


@dataclass(frozen=True)
class Station:
    """A place of a line where parts are judged; `takt`: seconds between two parts; `plans`: what is
    to be done on an alarm, by its rule, `other` for all others."""

    name: str
    recipes: Mapping[str, Recipe]
    takt: float | None = None
    plans: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecordSettings:
    """How long records stay, and what happens where there is no room: nothing is acknowledged
    (`stop`), or the oldest go (`drop_oldest`). `cap`: bytes; None: no bound of its own. `backups`:
    the folder that backups are put into; "" for one beside the data."""

    keep_days: float | None = None
    cap: int | None = None
    when_full: str = STOP
    backups: str = ""


@dataclass(frozen=True)
class DoorSettings:
    """A door that is to be opened: its section and name in the configuration, and what its own
    reader has made of its table."""

    section: str
    name: str
    settings: Any


@dataclass(frozen=True)
class Configuration:
    """`digest` of the file, in every record; `data`: the folder of the records. `queue`: parts that
    may wait to be judged; `stop_seconds`: for a graceful end; `zone`: in which people read times,
    "" for that of the machine."""

    path: str
    digest: str
    data: str
    stations: Mapping[str, Station]
    records: RecordSettings = RecordSettings()
    doors: tuple[DoorSettings, ...] = ()
    keys: str | None = None
    insecure: bool = False
    backend: str = "auto"
    queue: int = 10_000
    stop_seconds: float = 10.0
    zone: str = ""


Reader = Callable[[str, Table, Configuration], Any]
"""Settings of a door from its name, its table and the configuration without doors. Raises
InputError."""


def read_configuration(
    path: str | PathLike[str], sections: Mapping[str, tuple[bool, Reader]]
) -> Configuration:
    """The configuration in `path`; `sections`: {section of doors: (whether it has one table for
    each name, its reader)}. Raises InputError, OSError."""
    data = document_bytes(path)
    try:
        top = Table(document(data, fspath(path)), folder=os.path.dirname(os.path.abspath(path)))
        return _configured(top, fspath(path), sha256(data).hexdigest(), sections)
    except InputError as error:
        said = str(error)
        raise InputError(said if fspath(path) in said else f"{fspath(path)}: {said}") from None


def _configured(
    top: Table, path: str, digest: str, sections: Mapping[str, tuple[bool, Reader]]
) -> Configuration:
    stations = {name: _station(name, table) for name, table in top.named("stations")}
    if not stations:
        raise InputError("no station is named; add a table [stations.NAME.recipes.default]")
    bare = Configuration(
        path=path,
        digest=digest,
        data=top.path("data"),
        stations=stations,
        records=_records(top.table("records")),
        keys=top.path("keys", None),
        insecure=top.flag("insecure", False),
        backend=top.choice("backend", ("auto", "native", "numpy"), "auto"),
        queue=top.whole("queue", 10_000, least=1, most=1_000_000),
        stop_seconds=top.number("stop_seconds", 10.0, least=0.1, most=600.0),
        zone=top.zone("zone"),
    )
    doors = []
    for section, (many, reader) in sections.items():
        if not top.has(section):
            continue
        tables = list(top.named(section)) if many else [("", top.table(section))]
        doors += [DoorSettings(section, name, _read(reader, name, t, bare)) for name, t in tables]
    top.finish()
    return replace(bare, doors=tuple(doors))


def _read(reader: Reader, name: str, table: Table, bare: Configuration) -> Any:
    settings = reader(name, table, bare)
    table.finish()
    return settings


def _station(name: str, table: Table) -> Station:
    recipes = {key: _recipe(key, inner) for key, inner in table.named("recipes")}
    if not recipes:
        raise InputError(f"{table.name} has no recipe; add a table [{table.where}.recipes.default]")
    plans = table.table("plans")
    told = {rule: plans.text(rule) for rule in plans.entries}
    found = Station(name, recipes, table.number("takt", None, least=0.0), told)
    table.finish()
    return found


def _recipe(name: str, table: Table) -> Recipe:
    model, store = table.path("model", ""), table.path("store", "")
    if bool(model) == bool(store):
        raise InputError(f"{table.name} needs exactly one of model and store; give one of them")
    rows = table.path("accept_rows", "")
    given = table.entries.get("tolerance")
    if isinstance(given, (int, float)):
        tolerance = {"": table.number("tolerance")}
    else:
        tolerance = table.numbers("tolerance", {})
    if bool(rows) != bool(tolerance):
        raise InputError(f"{table.name}: accept_rows and tolerance go together; give both or none")
    found = Recipe(
        name,
        limits=table.path("limits"),
        model=model,
        store=store,
        learn=table.choice("learn", LEARN, LEARN[0]),
        accept_rows=rows,
        tolerance=tolerance,
        advice_ms=table.number("advice_ms", 20.0, most=10_000.0),
        page=table.path("page", ""),
        charts=read_charting(table.table("charts")),
    )
    table.finish()
    return found


def _records(table: Table) -> RecordSettings:
    found = RecordSettings(
        table.number("keep_days", None, least=0.01),
        table.size("cap", None),
        table.choice("when_full", (STOP, DROP_OLDEST), STOP),
        table.path("backups", ""),
    )
    table.finish()
    return found
