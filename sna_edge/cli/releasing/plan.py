"""Everything that a release needs, looked at before the long work: what is missing, wrong or in the
way is said now, in one sentence."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ...files import load_trusted
from ...model import Model
from ...signing import configured_keys
from ...signing.passphrase import passphrase
from ...signing.private_key import PrivateKey, opened, read_private
from ...signing.signer import MOST_VERSION
from ..fitting.one_fit import Asked, asked_of
from .keys import AMOUNTS, SECTIONS
from .project import Project

if TYPE_CHECKING:
    from sna_export.release.commit import Commit

PLAIN = ("table", "target", "inputs", "categorical", "units", "link", "domain", "robust",
         "separator", "decimal", "encoding", "seed", "effort", "time-limit", "plain", "output",
         "report", "config", "recipe")  # fmt: skip
"""Options of a fit that leave rows and columns as they are read."""


EVERY = "*"
"""Every output, where a limit is one number."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What will be made: `version` of the model in the folder `place`; `previous`, the model of the
    release before and its file; `key` to sign with; `commit` of the project; `when`, the time that
    is written; `limits` {key of [compare]: {output: amount}}; `digests`: SHA-256 of table and
    project; `left`: temporary folders of releases that were killed, or are being made."""

    project: Project
    asked: Asked
    version: int
    place: Path
    previous: Model | None
    previous_path: Path | None
    key: PrivateKey | None
    commit: Commit | None
    when: str
    limits: Mapping[str, Mapping[str, float]]
    digests: Mapping[str, str]
    left: list[str]


def plan(project: Project, args: argparse.Namespace) -> Plan:
    """The plan of a release. Raises InputError, TrustError, ArtifactError for what would end it."""
    from sna_export.release.commit import commit_of
    from sna_export.sealed.folder import created, digest_of, need_free, unfinished

    path, previous, before = _previous(project, args)
    version = _version(project, args, before)
    place = Path(args.output or project.output or _default(project, version))
    need_free(place, "release")
    inputs = [project.path, project.fit.table]
    commit = commit_of(project.folder, inputs)
    when = created(commit.time if commit else None)
    _need_kits(project)
    _need_compiler(project)
    asked = asked_of(project.fit)
    digests = {path: digest_of(path) for path in inputs}
    _need_columns(project, asked)
    limits = _limits(project, asked.targets)
    if previous is not None:
        _need_shared(project, limits, not_shared(asked, previous))
    key = _key(project, args)
    left = unfinished(place, "release")
    return Plan(
        project, asked, version, place, previous, path, key, commit, when, limits, digests, left
    )


def _default(project: Project, version: int) -> str:
    return os.path.join(project.folder, f"{project.name}-{version}")


def _previous(
    project: Project, args: argparse.Namespace
) -> tuple[Path | None, Model | None, int | None]:
    """File, model and version of the release before."""
    given = args.previous or project.sections["compare"].get("previous")
    if not given:
        return None, None, None
    from sna_export.release import model_of

    path, version = model_of(given)
    model, _ = load_trusted(path, "numpy", configured_keys(args.keys), insecure=args.insecure)
    return path, model, model.signature.model_version if model.signature else version


def _version(project: Project, args: argparse.Namespace, before: int | None) -> int:
    """The version of this release. Raises InputError where it does not grow."""
    given = args.model_version if args.model_version is not None else project.version
    version = (before or 0) + 1 if given is None else given
    if version < 1:
        raise InputError(f"{project.path}: version {version} is below 1; versions grow from 1")
    if version > MOST_VERSION:
        raise InputError(
            f"{project.path}: version {version} is above {MOST_VERSION}, the largest that a model"
            " can carry; give a smaller one"
        )
    if before is not None and version <= before:
        raise InputError(
            f"version {version} is not larger than {before}, that of the previous release, and"
            f" devices would refuse it; take {before + 1}, or leave version out"
        )
    return version


def _key(project: Project, args: argparse.Namespace) -> PrivateKey | None:
    """The private key, opened: a wrong passphrase is found out before the fit."""
    told = project.sections["sign"]
    if "key" not in told:
        return None
    data = read_private(told["key"])

    file = args.passphrase_file or told.get("passphrase-file")
    return opened(data, passphrase(file, f"passphrase of {told['key']}"), told["key"])


def _need_kits(project: Project) -> None:
    """Targets that there are, wheels for each where a folder is named, limits files."""
    told = project.sections["kit"]
    if not told:
        return
    from sna_export.kit.target import target_of
    from sna_export.kit.wheels import need_ours

    for name in told["targets"]:
        target = target_of(name)
        if "wheels" in told:
            need_ours(Path(told["wheels"]), target)
    for path in told.get("limits", []):
        if not os.path.isfile(path):
            raise InputError(f"there is no limits file {path}; write it, or leave it out of [kit]")


def _need_compiler(project: Project) -> None:
    """Firmware without a compiler is written and not tried, which a release may not be."""
    if "firmware" in project.asked and which("cc") is None:
        raise InputError(
            "[firmware] is asked for and there is no C compiler (cc) to try it with; install one,"
            " or leave the section out"
        )


def _need_columns(project: Project, asked: Asked) -> None:
    """The rows can be fitted, as far as that is seen from a table that is taken as it is."""
    args = project.fit
    for name in (*asked.targets, *asked.inputs, *asked.categorical):
        asked.data.index(name)
    from ..fitting.recipe import options_of

    if set(options_of(args, "")) <= set(PLAIN) and not any(map(asked.data.has_text, asked.targets)):
        asked.data.samples(
            asked.targets, asked.inputs or None, categorical=asked.categorical, domain=asked.domain
        )


def _limits(project: Project, targets: list[str]) -> dict[str, dict[str, float]]:
    """{key of [compare]: {output: amount}}; one number counts for every output."""
    found: dict[str, dict[str, float]] = {}
    for key in (k for k, told in SECTIONS["compare"].items() if told.holds == AMOUNTS):
        told: Any = project.sections["compare"].get(key)
        if told is None:
            continue
        amounts = told if isinstance(told, dict) else {EVERY: told}
        for name in amounts:
            if name not in (EVERY, *targets) and name.rpartition(":")[0] not in targets:
                raise InputError(
                    f"{project.path}: [compare] {key} names {name!r}, which is no target; targets"
                    f" are {', '.join(targets)}"
                )
        found[key] = {name: float(v) for name, v in amounts.items()}
    return found


def not_shared(asked: Asked, previous: Model) -> dict[str, str]:
    """{target: why the release before has no such output to compare with}."""
    from sna_export.table.units import unit_for

    known = {**asked.data.units, **asked.units}
    before = {o.name: o.unit for o in previous.outputs}
    told = {}
    for name in asked.targets:
        if name in before and before[name] != unit_for(name, known):
            told[name] = f"it is in {before[name] or 'no unit'} there"
        elif name not in before and not any(n.startswith(f"{name}:") for n in before):
            told[name] = f"the outputs there are {', '.join(before)}"
    return told


def _need_shared(
    project: Project, limits: Mapping[str, Mapping[str, float]], missing: Mapping[str, str]
) -> None:
    """Raises InputError for a limit of an output that cannot be compared."""
    for key, amounts in limits.items():
        for name in amounts:
            if name in missing:
                raise InputError(
                    f"{project.path}: [compare] {key} of {name} cannot be judged against the"
                    f" release before: {missing[name]}; leave the limit out, or name another"
                    " release"
                )


def plan_lines(made: Plan) -> list[str]:
    """What would be done, in words."""
    project, data = made.project, made.asked.data
    return [
        f"{made.place}: release {project.name}, version {made.version}, dated {made.when}",
        f"fit: {', '.join(made.asked.targets)} from {project.fit.table} ({len(data)} rows)",
        *(f"not as in [columns]: {line}" for line in made.asked.differing),
        _sign_line(made),
        _firmware_line(project),
        _kit_line(project),
        _compare_line(made),
        _commit_line(made.commit),
        *left_lines(made),
    ]


def left_lines(made: Plan) -> list[str]:
    """What another release has left beside this one."""
    return [
        f"{path} is of a release that was killed, or is being made: remove it if none runs"
        for path in made.left
    ]


def _sign_line(made: Plan) -> str:
    key = made.project.sections["sign"].get("key")
    return f"sign: model, manifest and kits with {key}, which opens" if key else "sign: nothing"


def _firmware_line(project: Project) -> str:
    asked = "firmware" in project.asked
    return "firmware: C source, compiled and run here" if asked else "firmware: none"


def _kit_line(project: Project) -> str:
    told = project.sections["kit"]
    if not told:
        return "kit: none"
    where = told.get("wheels", "the package index")
    return f"kit: {', '.join(told['targets'])}, wheels from {where}"


def _compare_line(made: Plan) -> str:
    if made.previous is None:
        asked = "; max-change waits for one" if made.limits else ""
        return f"compare: no previous release{asked}"
    told = [
        f"{'every output' if name == EVERY else name} by at most {amount:g} ({key})"
        for key, amounts in made.limits.items()
        for name, amount in amounts.items()
    ]
    gate = f"may change {', '.join(told)}" if told else "nothing limits a change"
    apart = "".join(
        f"; {name} is not compared: {why}"
        for name, why in not_shared(made.asked, made.previous).items()
    )
    return f"compare: with {made.previous_path}; {gate}{apart}"


def _commit_line(commit: Commit | None) -> str:
    if commit is None:
        return "git: the project is in no repository"
    dirty = ", with changes that are not committed" if commit.dirty else ""
    return f"git: commit {commit.name[:12]}{dirty}"
