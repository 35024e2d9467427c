"""From a table to what is delivered, in one folder: signed model, report, model card, firmware,
kits, what changed against the release before, and a manifest of it all. The project file says what;
`--init TABLE` writes one to begin with. The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from itertools import count
from shlex import quote

from ...errors import InputError
from ..arguments import add_json
from ..console import emit, with_unit
from ..options.stated import repeated, state, switch, value
from ..releasing.make import Made, make
from ..releasing.plan import Plan, left_lines, plan, plan_lines
from ..releasing.project import read_project
from ..trusted.options import add_trust
from .keygen import add_passphrase

HELP = "from a table to a signed model with card, report, firmware and kits"

OPTIONS = (
    value("project", "PROJECT.toml", "a project file (--init writes one)", nargs="?"),
    value("--init", "TABLE", "write PROJECT.toml (default: release.toml) for a table, with a"
          " comment at every key"),
    repeated("--target", "COL", "with --init: the column to predict; may be repeated (default: the"
             " last with numbers)"),
    switch("--check", "look at everything, say what would be done, do nothing"),
    value("-o --output", "FOLDER", "the folder to make (default: as the project says)"),
    value("--previous", "RELEASE", "the release before, its folder or its .sna file (default: as"
          " the project says)"),
    value("--model-version", "N", "version (default: as the project says)", type=int),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge release`."""
    state(parser, OPTIONS)
    add_passphrase(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Make a release, check one, or write a project file; returns the exit code."""
    if args.init:
        return _init(args)
    if args.target:
        raise InputError("--target goes with --init; the project file names the targets in [fit]")
    if not args.project:
        raise InputError(
            "a release needs its project file; write one with sna-edge release --init TABLE.csv"
        )
    project = read_project(args.project)
    project.fit.json = args.json
    made = plan(project, args)
    if args.check:
        emit(args, _planned(made), [*plan_lines(made), "nothing was done: --check"])
        return 0
    total = 2 + len(project.sections["kit"].get("targets", []))
    total += ("firmware" in project.asked) + (made.previous is not None)
    done = make(made, _steps(args, total))
    emit(args, {"status": "ok", **_planned(made), **_answer(done)}, _lines(made, done))
    return 0


def _init(args: argparse.Namespace) -> int:
    from ..releasing.template import write_project

    path = args.project or "release.toml"
    told = write_project(path, args.init, args.target or [])
    lines = [
        f"{path}: a project for {args.init}, target {', '.join(told)}",
        f"next: read it, then sna-edge release {quote(path)} --check",
    ]
    emit(args, {"status": "ok", "output": path, "table": args.init, "targets": told}, lines)
    return 0


def _steps(args: argparse.Namespace, total: int) -> Callable[[str], None]:
    """Says on stderr which step of `total` begins."""
    step = count(1)

    def say(text: str) -> None:
        if not args.json:
            print(f"[{next(step)}/{total}] {text}", file=sys.stderr, flush=True)

    return say


def _planned(made: Plan) -> dict[str, object]:
    return {
        "status": "ok", "output": str(made.place), "name": made.project.name,
        "version": made.version, "created": made.when, "targets": made.asked.targets,
        "rows": len(made.asked.data), "differences": made.asked.differing,
        "previous": made.previous_path and str(made.previous_path),
        "signed": made.key is not None, "kits": made.project.sections["kit"].get("targets", []),
        "firmware": "firmware" in made.project.asked, "unfinished": made.left,
    }  # fmt: skip


def _answer(done: Made) -> dict[str, object]:
    return {"manifest": done.manifest, "sha256": done.model, "files": done.files,
            "card": done.card, "remarks": done.remarks}  # fmt: skip


def _lines(made: Plan, done: Made) -> list[str]:
    size = sum(done.files.values())
    lines = [
        f"{made.place}: release {made.project.name}, version {made.version}, {len(done.files)}"
        f" files, {size / 1e6:.2f} MB",
        f"model: sha256 {done.model}",
        f"manifest: sha256 {done.manifest}" + (", signed" if made.key else ", not signed"),
    ]
    for one in done.card["outputs"]:
        errors = one["errors"] or {}
        if errors:
            rmse = with_unit(float(f"{errors['rmse']:.3g}"), one["unit"])
            lines.append(f"{one['name']}: R2 {errors['r2']:.3g}, RMSE {rmse} on rows left out")
    for name, of in ((done.card["fit"] or {}).get("classes") or {}).items():
        lines.append(
            f"{name}: log-loss {of['log_loss']:.3g} (shares alone {of['base_log_loss']:.3g}),"
            f" accuracy {100 * of['accuracy']:.1f} % on rows left out"
        )
    lines += [f"known: {one['said']}" for one in done.card["failures"]["found"]]
    if done.changes:
        lines += [f"changed: {said}" for said in done.changes["said"]]
    lines += [*done.remarks, *left_lines(made)]
    return [
        *lines,
        f"next: read {made.place / 'card.html'}, then sna-edge verify {quote(str(made.place))}",
    ]
