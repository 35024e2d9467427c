"""Fit a model anew: the rows of its training table and the measured parts of logs, by its recipe.
Says what became of every part, how old and new model err on the newest parts, which took no part in
the fit, and how the two differ over the domain; a new model that errs more is not written."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

from ...durable.whole import takes_bytes
from ...errors import InputError
from ..arguments import writable
from ..console import ANSWERED, NO_VALUE, emit, table
from ..refitting.anew import Anew, Places, fitted_anew, signer_of, story_of, write
from ..refitting.asked import Asked, asked_of
from ..refitting.logs import sources
from ..refitting.options import configure
from .compare import lines_of

HELP = "fit a model anew from its recipe and logs of measured parts"

__all__ = ["HELP", "configure", "run"]


def run(args: argparse.Namespace) -> int:
    """Merge, fit, compare and write; returns 0, or 3 where the new model is worse and stays
    unwritten."""
    from sna_export.refit import joined, merged

    asked = asked_of(args)
    places = _places(args, asked)
    sign, version = signer_of(args, asked) if not args.dry_run else (None, 0)
    beside = os.path.dirname(os.path.abspath(args.output)) if places else None
    with tempfile.TemporaryDirectory(prefix=".sna-refit-", dir=beside) as folder:
        files, blocks = sources(asked, args.log, folder)
        needs = asked.needs
        found = joined(blocks, {*needs.inputs, *asked.model.input_names}, needs.targets)
        made = merged(
            asked.table, found, needs, own=asked.trust.sha256, since=args.since,
            holdout=asked.holdout, most=args.most_rows, weight=asked.weight,
            weights=asked.fit.weights or "", groups=asked.fit.groups or "",
        )  # fmt: skip
        told = _counted(args, asked, found, made, files)
        if places is None:
            emit(args, {"status": "ok", **told}, _count_lines(asked, found, made))
            return ANSWERED
        if not made.added:
            raise InputError(_nothing(args, found, made))
        asked.fit.report = args.report
        story = story_of(asked, found, made, files, asked.weight or 1.0)
        anew = fitted_anew(asked, made, story, folder)
        kept = bool(args.accept or not anew.worse)
        answer = {"status": "ok" if kept else "worse", **told, **_judged(anew)}
        lines = [*_count_lines(asked, found, made), "", *_lines(anew)]
        if kept:
            data, recipe, said = write(asked, made, anew, places, sign, folder)
            answer |= _written(places, made, data, recipe, version if sign else None)
            lines += [said] if said else []
            lines += _end(args, places, made, data, recipe, version if sign else None)
        else:
            lines.append(f"{args.output} is not written; --accept writes it all the same")
    emit(args, answer, lines)
    return ANSWERED if kept else NO_VALUE


def _places(args: argparse.Namespace, asked: Asked) -> Places | None:
    """Where everything goes, None where nothing is written. Raises InputError where it cannot be
    written without losing something."""
    if args.dry_run:
        return None
    stem = os.path.splitext(args.output)[0]
    kept = args.keep_table or f"{stem}.table.csv"
    _need_files(args.output, kept)
    places = Places(args.output, kept, f"{stem}.held.csv", args.report)
    read = [args.model, args.recipe, asked.fit.table, asked.held, *args.log]
    outputs = [p for p in (places.model, places.table, places.held, places.report) if p]
    for i, path in enumerate(outputs):
        writable(path, *read, *outputs[:i])
    return places


def _need_files(output: str, kept: str) -> None:
    """Raises InputError where a model or its table would not be kept as such."""
    for path in (output, kept):
        if takes_bytes(path):
            raise InputError(f"{path} keeps nothing; name a file, or count alone with --dry-run")
    if not kept.lower().endswith((".csv", ".txt")):
        raise InputError(f"--keep-table {kept} is written as CSV; give a name that ends in .csv")


def _nothing(args: argparse.Namespace, found: Any, made: Any) -> str:
    why = []
    if found.strangers:
        why.append(f"{len(found.strangers)} measured values belong to no part of these logs")
    if made.known:
        why.append(f"{made.known} parts are in the training table already")
    if made.early or made.untimed:
        why.append(f"{made.early + made.untimed} are older than --since, or have no time")
    why += [f"{n} cannot be rows: {said}" for said, n in made.bad.most_common(2)]
    if made.held:
        why.append(f"{len(made.held)} are held out (--holdout)")
    return (
        f"no new measured part in {', '.join(args.log)}"
        f" ({'; '.join(why) or 'no part has a measured value'}); give logs with measured values"
    )


def _counted(
    args: argparse.Namespace, asked: Asked, found: Any, made: Any, files: Sequence[str]
) -> dict[str, Any]:
    from sna_export.refit.told import counted

    return {
        "model": args.model, "sha256": asked.trust.sha256, "logs": list(files),
        "parts": counted(found, made), "remarks": asked.remarks,
    }  # fmt: skip


def _count_lines(asked: Asked, found: Any, made: Any) -> Iterator[str]:
    from sna_export.refit.told import count_lines

    yield from asked.remarks
    yield from count_lines(found, made)


def _judged(anew: Anew) -> dict[str, Any]:
    answer = anew.fit.answer
    return {
        "newest_parts": anew.held, "training_table": anew.trained, "changes": anew.changes,
        "worse": anew.worse, "warnings": anew.also,
        "fit": {k: answer[k] for k in ("outputs", "rows", "kind", "seconds") if k in answer},
    }  # fmt: skip


def _lines(anew: Anew) -> Iterator[str]:
    """Old against new as tables and sentences."""
    from sna_export.refit.judge import LEAST
    from sna_export.refit.told import HEAD, judged_rows, line_lines, too_few

    rows = [*judged_rows("newest parts", anew.held), *judged_rows("training", anew.trained)]
    yield from table(HEAD, rows)
    yield from line_lines(anew.held)
    yield ""
    yield from lines_of(anew.changes)
    for name in too_few(anew.held, LEAST):
        yield f"{name}: fewer than {LEAST} newest parts say which model is better"
    if not anew.held:
        yield "no part was held out: nothing says which model is better"
    yield from (f"warning: {line}" for line in (*anew.worse, *anew.also))


def _written(
    places: Places, made: Any, data: bytes, recipe: str | None, version: int | None
) -> dict[str, Any]:
    return {
        "output": places.model, "bytes": len(data), "table": places.table,
        "held_table": places.held if made.held else None, "recipe": recipe,
        "report": places.report, "version": version,
    }  # fmt: skip


def _end(
    args: argparse.Namespace, places: Places, made: Any, data: bytes, recipe: str | None,
    version: int | None,
) -> Iterator[str]:  # fmt: skip
    named = f", signed as version {version}" if version is not None else ""
    yield f"{places.model}: {len(data)} bytes{named}; its table {places.table}, recipe {recipe}"
    if made.held:
        yield f"{places.held}: the parts held out; the next refit takes them by itself"
    step = f"sna-edge compare {args.model} {places.model} -o changes.html"
    sign = "" if args.sign else f", then sna-edge sign --after {args.model}, or sna-edge release"
    yield f"next: {step}{sign}"
