"""The fit of a merged table, old against new, and what is written of it."""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...durable import write_whole
from ...errors import InputError
from ...files import from_bytes
from ...model import Model
from ...signing.keys import key_id
from ...signing.passphrase import passphrase
from ...signing.private_key import opened, read_private
from ...signing.signer import signed
from ..fitting.one_fit import Fitted, fitted
from ..fitting.written import NONE, write_recipe
from .asked import Asked

if TYPE_CHECKING:
    from sna_export.refit import Joined, Merged

MOST_LOGS = 20
"""Names of logs that a model carries."""


@dataclass(eq=False)
class Anew:
    """A new model that is not written yet: its bytes, the fit, old against new on the newest parts
    (`held`) and on the training table, what changed over the domain, why it should not be taken
    (`worse`) and what else people should know."""

    data: bytes
    fit: Fitted
    held: dict[str, Any]
    trained: dict[str, Any]
    changes: dict[str, Any]
    worse: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)


def fitted_anew(asked: Asked, made: Merged, story: Mapping[str, Any], folder: str) -> Anew:
    """Fit the merged table, all files in `folder`, and compare. Raises what a fit raises, and
    KeyboardInterrupt where Ctrl-C has stopped it: nothing is left then."""
    from sna_export.refit.told import warnings
    from sna_export.release.comparison import compared

    fit = _arguments(asked, made, folder)
    fit.refitted = dict(story)
    found = fitted(fit)
    if found.answer.get("stopped"):
        raise KeyboardInterrupt
    with open(fit.output, "rb") as file:
        data = file.read()
    new = from_bytes(data, "numpy")
    held, trained = _held(asked, made, new), _trained(asked, new)
    changes = compared(asked.model, new, rows=found.found.inputs)
    worse, also = warnings(held, trained)
    return Anew(data, found, held, trained, changes, worse, also)


def _arguments(asked: Asked, made: Merged, folder: str) -> argparse.Namespace:
    """Those of the fit: the recipe's, of the merged table."""
    fit = copy(asked.fit)
    fit.table, fit.output = os.path.join(folder, "table.csv"), os.path.join(folder, "new.sna")
    fit.report = os.path.join(folder, "report.html") if fit.report else None
    fit.config, fit.recipe, fit.json = None, NONE, True
    fit.weights = made.weight or fit.weights
    fit.separator, fit.encoding = separator(asked), ""
    if made.partial and fit.missing == "refuse":
        fit.missing = "drop"
    named = {text.partition("=")[0] for text in fit.units}
    known = {*fit.target, *fit.inputs} if not fit.derive else set(made.names)
    fit.units = [*fit.units, *(f"{n}={u}" for n, u in asked.table.units.items()
                               if u and n in known and n not in named)]  # fmt: skip
    write_whole(fit.table, made.text(made.rows, separator(asked)))
    return fit


def separator(asked: Asked) -> str:
    """Between the cells of the merged table: numbers keep the decimal mark of the training
    table."""
    mark, declared = asked.table.marks.decimal or ".", asked.fit.separator
    if declared and declared != mark:
        return str(declared)
    return ";" if mark == "," else ","


def _held(asked: Asked, made: Merged, new: Model) -> dict[str, Any]:
    from sna_export.refit import judged, on_the_line
    from sna_export.refit.merge import columns_of

    if not made.held_cells:
        return {}
    cells = {n: [c.get(n, "") for c in made.held_cells] for n in asked.needs.names}
    measured = _measured(asked, cells)
    found = judged(asked.model, new, columns_of(made.held_cells, asked.needs), measured)
    for name in found.keys() - asked.needs.labels:
        said = on_the_line([told.get(name) for told in made.held_told], measured[name])
        found[name]["on_the_line"] = said if said["rows"] else None
    return found


def _trained(asked: Asked, new: Model) -> dict[str, Any]:
    """Old against new on the rows of the training table."""
    from sna_export.refit import judged

    needs, table = asked.needs, asked.table
    text = {*needs.levels, *needs.labels, *needs.text}
    cells = {n: table.written(n) if n in text else table.column(n).tolist() for n in needs.names}
    measured = _measured(asked, cells)
    return judged(asked.model, new, {n: cells[n] for n in (*needs.inputs, *needs.text)}, measured)


def _measured(asked: Asked, cells: Mapping[str, Any]) -> dict[str, Any]:
    """{target: labels, or numbers, NaN where none was read}; of counts the rate, which a model
    gives."""
    found: dict[str, Any] = {}
    for name in asked.needs.targets:
        column = cells[name]
        if name not in asked.needs.labels:
            column = [x if isinstance(x, float) else float("nan") for x in column]
            if asked.fit.exposure:
                amounts = cells[asked.fit.exposure]
                column = [
                    x / t if t else float("nan") for x, t in zip(column, amounts, strict=True)
                ]
        found[name] = column
    return found


def story_of(asked: Asked, found: Joined, made: Merged, logs: list[str], weight: float) -> Any:
    """What the new model tells of itself: the old one, how many parts, of which logs."""
    named = list(dict.fromkeys(os.path.basename(path) for path in logs))
    more = [f"and {len(named) - MOST_LOGS} more"] if len(named) > MOST_LOGS else []
    return {
        "from-sha256": asked.trust.sha256, "from-version": asked.trust.version or 0,
        "parts": made.added, "weight": float(weight), "logs": [*named[:MOST_LOGS], *more],
    }  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Where the model, its table, the parts that were held out and the report go."""

    model: str
    table: str
    held: str
    report: str | None


def signer_of(args: argparse.Namespace, old: Asked) -> tuple[Callable[[bytes], bytes] | None, int]:
    """What signs the new model as the version after the old one, asked for before the work."""
    version = (old.trust.version or 0) + 1
    if not args.sign:
        return None, version
    file = read_private(args.sign)
    key = opened(file, passphrase(args.passphrase_file, f"passphrase of {args.sign}"), args.sign)
    return lambda data: signed(data, key_id(key.public), version, key.sign), version


def write(
    asked: Asked,
    made: Merged,
    anew: Anew,
    places: Places,
    sign: Callable[[bytes], bytes] | None,
    folder: str,
) -> tuple[bytes, str | None, str]:
    """Model, table, parts held out, report and recipe: the bytes of the model, the path of the
    recipe, and what is to be said of it."""
    from hashlib import sha256

    from sna_export.table import read

    data = sign(anew.data) if sign else anew.data
    mark = separator(asked)
    write_whole(places.table, made.text(made.rows, mark))
    if made.held:
        write_whole(places.held, made.text(made.held, mark))
    if places.report:
        shutil.move(os.path.join(folder, "report.html"), places.report)
    write_whole(places.model, data)
    fit = _arguments(asked, made, folder)
    fit.table, fit.output, fit.recipe, fit.report = places.table, places.model, None, None
    beside = os.path.dirname(places.model) or "."
    told = dict(fit_story(anew), **{"model-sha256": sha256(anew.data).hexdigest()})
    told |= {"held": os.path.relpath(places.held, beside)} if made.held else {}
    table = read(places.table, separator=mark)
    path, said = write_recipe(fit, table, anew.fit.found.report["rows"], told)
    return data, path, said


def fit_story(anew: Anew) -> dict[str, Any]:
    """What the new model tells of itself, as it stands in its file."""
    found = anew.fit.found.model.metadata.get("refit")
    if not isinstance(found, dict):
        raise InputError("the new model does not say what it was fitted from; fit it again")
    return dict(found)
