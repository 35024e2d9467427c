"""The steps of a release, in one temporary folder that becomes the release at the end."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...artifact.disk import read_whole
from ...errors import InputError
from ...files import from_bytes
from ...model import Model
from ...signing.keys import key_id
from ...signing.signer import signed
from ..console import json_value
from ..fitting.one_fit import Fitted, fitted
from .plan import Plan

REPORT, CARD, CARD_DATA, CHANGES, CHANGES_DATA, PROJECT, KITS, FIRMWARE = (
    "report.html", "card.html", "card.json", "changes.html", "changes.json", "project.toml", "kit",
    "firmware",
)  # fmt: skip


@dataclass(eq=False)
class Made:
    """What a release holds: {path: bytes}, digest of its manifest and of its model, its card, what
    changed against the release before, and remarks, a line each."""

    files: dict[str, int] = field(default_factory=dict)
    manifest: str = ""
    model: str = ""
    card: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] | None = None
    remarks: list[str] = field(default_factory=list)


def make(plan: Plan, say: Callable[[str], None]) -> Made:
    """Fit, sign, compare, describe and pack; the folder appears when all of it is there. Raises
    what the fit and its parts raise, KeyboardInterrupt where it is stopped: nothing is left."""
    from sna_export.release.manifest import RELEASE, describe_release
    from sna_export.sealed.folder import staged
    from sna_export.sealed.signature import sign_manifest

    project, made = plan.project, Made()
    name = f"{project.name}.sna"
    with staged(plan.place, "release") as folder:
        say(f"fit of {', '.join(plan.asked.targets)}")
        fit = _fit(plan, folder / name)
        shutil.copyfile(project.path, folder / PROJECT)
        _need_unchanged(plan)
        model = _signed(plan, folder / name)
        if plan.previous is not None:
            say(f"comparison with {plan.previous_path}")
            made.changes = _changes(plan, folder, (plan.previous, model), fit.found.inputs)
        say("report and model card")
        _pages(plan, folder, fit, model, made)
        if "firmware" in project.asked:
            say("firmware")
            made.remarks.append(_firmware(plan, folder, model))
        for target in project.sections["kit"].get("targets", []):
            say(f"kit for {target}")
            _kit(plan, folder, name, target)
        made.manifest = describe_release(folder, project.name, plan.version, name, plan.when)
        if plan.key is not None:
            sign_manifest(folder, RELEASE, plan.key.public, plan.key.sign)
        made.files = {
            p.relative_to(folder).as_posix(): p.stat().st_size
            for p in sorted(folder.rglob("*")) if p.is_file()
        }  # fmt: skip
        os.rename(folder, plan.place)
    return made


def _fit(plan: Plan, path: Path) -> Fitted:
    """The fit of the project. A fit that Ctrl-C has stopped is no release."""
    args = plan.project.fit
    args.output = str(path)
    found = fitted(args)
    if found.answer.get("stopped"):
        raise KeyboardInterrupt
    return found


def _need_unchanged(plan: Plan) -> None:
    """Raises InputError where table or project are no longer what the plan has read."""
    from sna_export.sealed.folder import digest_of

    for path, digest in plan.digests.items():
        if digest_of(path) != digest:
            raise InputError(
                f"{path} was changed while the release was made; start again, and leave it alone"
            )


def _signed(plan: Plan, path: Path) -> Model:
    """The model, signed where there is a key, as its file says it."""
    if plan.key is not None:
        data = signed(read_whole(path), key_id(plan.key.public), plan.version, plan.key.sign)
        path.write_bytes(data)
    return from_bytes(read_whole(path), "numpy", path=str(path))


def _changes(plan: Plan, folder: Path, models: tuple[Model, Model], rows: Any) -> dict[str, Any]:
    """changes.html, changes.json; `rows` [N, D]: inputs of the fit. Raises InputError where more
    changed than the project allows."""
    from sna_export.release.comparison import compared
    from sna_export.release.comparison_page import comparison_page

    old, new = models
    told: dict[str, Any] = json_value(compared(old, new, plan.limits, rows))
    if broken := told["gate"]["broken"]:
        raise InputError(
            f"not released: {'; '.join(broken)}: find out why, or allow more in [compare] of"
            f" {plan.project.path}; sna-edge compare shows the change of two models"
        )
    title = f"{plan.project.name}: version {plan.version} and the release before"
    comparison_page(told, old, new, title).write(folder / CHANGES)
    write_json(folder / CHANGES_DATA, told)
    return told


def _pages(plan: Plan, folder: Path, fit: Fitted, model: Model, made: Made) -> None:
    """report.html, card.html, card.json."""
    from sna_export.page.of_fit import write_report
    from sna_export.release.card import card
    from sna_export.release.card_page import card_page
    from sna_export.report.fit_page import scatter

    title = f"{', '.join(model.output_names)} from {os.path.basename(plan.project.fit.table)}"
    found, name = _timeless(fit.found), f"{plan.project.name}.sna"
    data = (folder / name).read_bytes()
    write_report(folder / REPORT, found, title=title, file=name, data=data, judged=fit.judged)
    project = plan.project
    made.card = json_value(
        card(
            model, name=project.name, said=project.sections["card"], version=plan.version,
            created=plan.when, data=_data(plan), fitted=fit, commit=plan.commit,
            changes=made.changes,
        )
    )  # fmt: skip
    made.model = made.card["model"]["sha256"]
    numbers = not model.classes
    plots = scatter(model, fit.found.measured, fit.found.predicted) if numbers else []
    card_page(made.card, plots[::2]).write(folder / CARD)  # without the residuals
    write_json(folder / CARD_DATA, made.card)


def _timeless(found: Any) -> Any:
    """A fit result whose report holds no seconds: they differ from run to run."""
    told = [
        {k: v for k, v in one.items() if k != "seconds"}
        for one in found.report.get("candidates", [])
    ]
    return replace(found, report={**found.report, "candidates": told})


def _data(plan: Plan) -> dict[str, Any]:
    """The table in the words of the card."""
    table, data = plan.project.fit.table, plan.asked.data
    return {
        "table": os.path.basename(table), "sha256": plan.digests[table], "rows": len(data),
        "columns": list(data.names), "project": plan.digests[plan.project.path],
    }  # fmt: skip


def _firmware(plan: Plan, folder: Path, model: Model) -> str:
    """C source in firmware/; what was checked."""
    from sna_export.firmware.command import export_c

    told = plan.project.sections["firmware"]
    (folder / FIRMWARE).mkdir()
    integers = not told.get("float-only", False)
    _, said, _ = export_c(model, folder / FIRMWARE, plan.project.name, integers=integers)
    return f"firmware: {said}"


def _kit(plan: Plan, folder: Path, model: str, target: str) -> None:
    """One archive in kit/."""
    from sna_export.kit import make_kit

    told: Mapping[str, Any] = plan.project.sections["kit"]
    (folder / KITS).mkdir(exist_ok=True)
    make_kit(
        [folder / model], target, folder / KITS / f"{plan.project.name}-{target}.tar.gz",
        limits=told.get("limits", []), extras=told.get("extras", []), wheels=told.get("wheels"),
        key=plan.key, when=plan.when,
    )  # fmt: skip


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """One JSON object, a key a line, in the order it is given."""
    text = json.dumps(json_value(value), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
