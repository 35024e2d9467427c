"""What one recipe of a station is judged with: a model, its limits, what was learned beside it; and
whether another model or other limits have come."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from ...artifact.disk import read_whole
from ...errors import InputError
from ...files import from_bytes
from ...learning import Learner
from ...model import Model
from ...quality import Line
from ...serving import Mark, judge, mark_of, predicts, stored
from ...signing import Trust, configured_keys, examined
from ...table import hint_of, open_table
from ..config import Configuration, Recipe

Marks = tuple[Mark | None, ...]
MODEL, LIMITS = 0, 1
"""Their places in the marks."""


@dataclass
class Served:
    """`line` judges without advice; `advisor` gives it, beside (None: there are no knobs). `told`
    ends every record: which model, which limits; `compared`: limits alone, where no part is known.
    `marks` of the files that it was made of; `said`: sentences about its limits, whose file holds
    `text`; `rows` that it has predicted."""

    recipe: Recipe
    line: Line
    trust: Trust
    limits: str
    marks: Marks
    rows: int = 0
    said: list[str] = field(default_factory=list)
    advisor: Line | None = None
    text: bytes = b""
    told: str = ""
    compared: str = ""

    def __post_init__(self) -> None:
        model = json.dumps(self.trust.said)
        self.compared = f', "limits": "{self.limits}"'
        self.told = f', "model": {model}{self.compared}'


def marks_of(recipe: Recipe) -> Marks:
    """What changes with every change of the model and the limits."""
    source = os.path.join(recipe.store, "log") if recipe.store else recipe.model
    return mark_of(source), mark_of(recipe.limits)


def served(
    recipe: Recipe,
    config: Configuration,
    *,
    model: bytes | None = None,
    limits: bytes | None = None,
) -> Served:
    """A recipe ready to judge, nothing learned yet: the keys vouch for its model, it reproduces its
    reference outputs and predicts the acceptance rows. `model` and `limits`: what is to stand in
    place of their files. Raises SnaError, OSError."""
    marks = marks_of(recipe)  # before the files are read: what changes meanwhile is seen
    loaded, trust = _model(recipe, config, model)
    made = judge(loaded, trust.sha256, recipe.limits, 0.0, limits)
    advisor, knobs = None, made.line.limits.knobs
    if knobs and recipe.advice_ms > 0.0:
        advisor = Line(loaded, made.line.limits, advice_ms=recipe.advice_ms)
    rows = _predicted(loaded, recipe) if recipe.accept_rows else 0
    _first(made.line, advisor)
    said = list(made.said)
    return Served(recipe, made.line, trust, made.limits, marks, rows, said, advisor, made.text)


def _predicted(model: Model, recipe: Recipe) -> int:
    """How many acceptance rows it predicts. Raises InputError."""
    levels = [a.name for a in model.axes if a.kind == "categorical"]
    hint = hint_of(model.metadata.get("dialect"))
    source = open_table(recipe.accept_rows, hint, categorical=levels)
    return predicts(model, source, recipe.accept_rows, recipe.tolerance)


def _first(line: Line, advisor: Line | None) -> None:
    """The first part makes what later ones use: none of the line has to wait for that."""
    middle = {a.name: a.level_names[0] if a.kind == "categorical" else (a.lower + a.upper) / 2
              for a in line.model.axes}  # fmt: skip
    line.readings([middle, middle])
    if advisor is not None:
        advisor.advice(middle)


def _model(recipe: Recipe, config: Configuration, data: bytes | None) -> tuple[Model, Trust]:
    keys = configured_keys(config.keys)
    if recipe.store and data is None:
        return stored(recipe.store, keys, insecure=config.insecure, backend=config.backend)
    data = read_whole(recipe.model) if data is None else data
    trust = examined(data, keys, insecure=config.insecure)
    return from_bytes(data, config.backend, path=recipe.source), trust


def learner(
    new: Served, path: str, tell: Callable[[str], None], old: Served | None = None
) -> Learner | None:
    """What learns beside it into the file `path`; that of `old` where model and limits ask for the
    same. Raises InputError where the keys of this machine allow no corrections."""
    mode = new.recipe.learn
    if mode == "none":
        return None
    if mode != "observe" and not new.trust.may_correct:
        raise InputError(
            f"learn = {mode!r}: the keys of this machine allow no corrections of this model; add"
            ' the word corrections to the line of its key, or write learn = "none"'
        )
    rated = new.line.acceptance.rated() if new.line.acceptance else None
    before = old.line.learner if old else None
    if old is not None and before is not None:
        was = old.line.acceptance.rated() if old.line.acceptance else None
        if old.trust.sha256 == new.trust.sha256 and was is None and rated is None:
            return before
        before.close()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    found = Learner(new.line.model, new.trust.sha256, mode, path, lazy=True, tell=tell, rated=rated)
    if found.useless:
        found.close()
        raise InputError(f'learn = {mode!r}: {found.useless}; write learn = "none"')
    return found
