"""The doors of [webhook.NAME] and [aqdef.NAME]."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

from ...durable import sweep
from ...errors import InputError
from .aqdef.export import Export
from .aqdef.file import Characteristic
from .aqdef.settings import AqdefSettings
from .doors import runner
from .runner import Runner
from .webhook import Webhook, WebhookSettings

if TYPE_CHECKING:
    from ..plant import Plant


def webhook(name: str, settings: WebhookSettings, plant: Plant) -> Runner:
    """Raises InputError for a secret or for certificates that cannot be read."""
    settings.secret.read()
    if settings.url.startswith("https"):
        settings.tls.context()
    return runner(Webhook(f"webhook.{name}", settings), plant)


def aqdef(name: str, settings: AqdefSettings, plant: Plant) -> Runner:
    """Raises InputError where the folder cannot be made."""
    try:
        os.makedirs(settings.folder, exist_ok=True)
    except OSError as error:
        raise InputError(f"{settings.folder} cannot be made: {error.strerror}") from None
    sweep(settings.folder)

    def known(station: str, recipe: str) -> Mapping[str, Characteristic]:
        return characteristics(plant, station, recipe)

    return runner(Export(f"aqdef.{name}", settings, known), plant)


def characteristics(plant: Plant, station: str, recipe: str) -> Mapping[str, Characteristic]:
    """What the limits of a recipe say of the outputs now."""
    served = plant.desk.cells.get((station, recipe))
    if served is None:
        return {}
    units = {output.name: output.unit for output in served.line.model.outputs}
    return {
        limit.name: Characteristic(
            limit.name, limit.target, _end(limit.lsl), _end(limit.usl), units.get(limit.name, "")
        )
        for limit in served.line.limits.outputs
    }


def _end(limit: float) -> float | None:
    return limit if isfinite(limit) else None
