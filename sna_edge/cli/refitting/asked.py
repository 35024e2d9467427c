"""What a refit is asked for: the model, its recipe as arguments of a fit, the training table."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...model import Model
from ...signing import Trust
from ..arguments import share_of
from ..fitting import recipe
from ..fitting.products import parsed
from ..fitting.texts import interval, names
from ..options.dialect import declared
from ..trusted.options import load_with_trust

if TYPE_CHECKING:
    from sna_export.refit import Columns
    from sna_export.table import Table

NONE = "none"


@dataclass(eq=False)
class Asked:
    """`fit`: arguments of the fit as the recipe has them; `table`: its training table; `needs`: the
    columns that it takes of each row; `held`: the parts that the last refit held out, if there are
    any; `weight` of new parts, that of the last refit where nothing is said; `remarks`, a line
    each."""

    model: Model
    trust: Trust
    fit: argparse.Namespace
    table: Table
    needs: Columns
    held: str | None
    holdout: float
    weight: float | None
    remarks: list[str]


def asked_of(args: argparse.Namespace) -> Asked:
    """Read model, recipe and training table. Raises InputError, TrustError, ArtifactError."""
    from sna_export.release import model_of
    from sna_export.table import read

    _check(args)
    args.model = str(model_of(args.model)[0])
    model, trust = load_with_trust(args, "numpy")
    path = args.recipe or f"{os.path.splitext(args.model)[0]}.fit.toml"
    if not os.path.exists(path):
        raise InputError(
            f"no recipe of {args.model} in {path}; give --recipe FILE.toml: the fit of the model"
            " wrote it beside it, a release was made of its project file"
        )
    told, remarks = recipe.read(path), list[str]()
    fit = _arguments(args, path, told)
    if fit.lag:
        raise InputError(
            f"{path} takes readings of earlier rows (--lag), which parts of a log have not; fit a"
            " table of whole rows with sna-edge fit --config"
        )
    table = read(fit.table, **declared(fit))
    _same(remarks, args, told, fit, trust)
    needs = _needs(fit, model, table, remarks)
    before = told.get(recipe.REFIT, {})
    held, weight = before.get("held"), before.get("weight", 1.0)
    if args.weight_new is not None or not isinstance(weight, float) or weight == 1.0:
        weight = args.weight_new
    place = os.path.join(os.path.dirname(path), held) if isinstance(held, str) else None
    if place and not os.path.exists(place):
        remarks.append(f"{place}, the parts that the last refit held out, is not there any more")
        place = None
    share = 0.0 if args.holdout == NONE else share_of("--holdout", args.holdout)
    return Asked(model, trust, fit, table, needs, place, share, weight, remarks)


def _check(args: argparse.Namespace) -> None:
    if not (args.output or args.dry_run):
        raise InputError("a refit writes a model; give -o NEW.sna, or --dry-run to count alone")
    if args.weight_new is not None and not 0.0 < args.weight_new < float("inf"):
        raise InputError(f"--weight-new is {args.weight_new:g}; give a positive number")
    if args.most_rows is not None and args.most_rows < 2:
        raise InputError(f"--most-rows is {args.most_rows}; give 2 or more")


def _arguments(args: argparse.Namespace, path: str, told: Mapping[str, Any]) -> argparse.Namespace:
    """The fit of the recipe that made this model, with what this call says instead."""
    own = [f"--effort={args.effort}"] if args.effort else []
    own += [f"--time-limit={args.time_limit}"] if args.time_limit is not None else []
    fits = [parsed(a) for a in recipe.called(path, own)]
    name = os.path.basename(args.model)
    chosen = fits if len(fits) == 1 else [
        f for f in fits if f.output and os.path.basename(f.output) == name
    ]  # fmt: skip
    if len(chosen) != 1:
        raise InputError(
            f"{path} has {len(fits)} products, and {len(chosen)} of them make {name}; give the"
            " recipe of this model alone"
        )
    fit = chosen[0]
    fit.table = args.table or fit.table
    if not (fit.table and fit.target) or fit.per:
        raise InputError(
            f"{path} names no table and target of one model; give --table, or the recipe that the"
            " fit of this model has written"
        )
    return fit


def _same(
    remarks: list[str],
    args: argparse.Namespace,
    told: Mapping[str, Any],
    fit: argparse.Namespace,
    trust: Trust,
) -> None:
    """Remarks where table or model are not those of the recipe."""
    from sna_export.sealed.folder import digest_of

    made = told.get(recipe.MADE, {})
    if made.get("table-sha256", digest := digest_of(fit.table)) != digest:
        remarks.append(f"{fit.table} is not as it was when the recipe was written")
    unsigned = trust.signature == "unsigned"
    if unsigned and made.get("model-sha256", trust.sha256) != trust.sha256:
        remarks.append(f"the recipe is of another file than {args.model}")


def _needs(fit: argparse.Namespace, model: Model, table: Table, remarks: list[str]) -> Columns:
    """The columns of the fit; `fit` names its inputs from now on."""
    from sna_export.refit import Columns

    targets = names(fit.target, table.names)
    text = [n for n in (fit.groups, fit.time) if n]
    amounts = [n for n in (fit.weights, fit.exposure) if n]
    amounts += [one.split("=", 1)[-1] for one in fit.error]
    lost = [n for n in (*targets, *text, *amounts) if n not in table.names]
    if lost:
        raise InputError(
            f"{fit.table} has no column {lost[0]!r} of the recipe; give --table, or correct it"
        )
    given = names(fit.inputs, table.names)
    apart = {*targets, *text, *amounts}
    inputs = given or [n for n in table.names if n not in apart]
    raw = [r.name for r in (model.readings.raw if model.readings else ())]
    used = {*model.input_names, *raw}
    idle = [n for n in inputs if n in table.names and n not in used]
    if idle:
        remarks.append(f"inputs that the model does not use stay out: {', '.join(idle)}")
    fit.inputs, fit.target = [n for n in inputs if n not in idle], targets
    columns = [n for n in dict.fromkeys([*fit.inputs, *raw]) if n in table.names]
    _not_there(fit, model, used, columns)
    needs = Columns.of(model, columns, targets, text, amounts, fit.weights or "")
    domain = dict(interval(text) for text in fit.domain)
    return replace(needs, domain=domain, below=bool(fit.below_detection))


def _not_there(
    fit: argparse.Namespace, model: Model, used: set[str], columns: Sequence[str]
) -> None:
    """Raises InputError where the table lacks an input of the model that no formula gives."""
    formulas = {model.axes[d].name for d in model.readings.formulas} if model.readings else set()
    flags = set(model.gaps.flags.values()) if model.gaps else set()
    lost = sorted(used - formulas - flags - {*columns, fit.groups or ""})
    if lost:
        raise InputError(
            f"{fit.table} and its recipe give no input {lost[0]!r} of the model; it is another"
            " model's recipe: give --recipe and --table"
        )
