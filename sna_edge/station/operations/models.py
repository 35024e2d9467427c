"""The models of a recipe: shown, switched, rolled back; through the same gate as a file that was
replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from ...errors import InputError, SnaError
from ...serving import roll_back
from ...store import Slot, Store
from ..judging import Served, served
from ..judging.renewal import Change
from ..judging.served import MODEL
from .asked import Asked, Unknown, renewal_of, writable

SHOWN = 20
"""Events of a store that are told."""


def shown(asked: Asked) -> Mapping[str, Any]:
    """What judges, and the slots of the store."""
    one = asked.served
    told: dict[str, Any] = {"judging": one.trust.said, "acceptance_rows": one.rows}
    if not one.recipe.store:
        return {**told, "kind": "file"}
    store = Store(one.recipe.store)
    state = store.state
    slots = {"active": state.active, "previous": state.previous} if state else {}
    sound = {name: store.sound(slot) is not None for name, slot in slots.items() if slot}
    return {
        **told, "kind": "store",
        "slots": {
            name: {**asdict(slot), "sound": sound[name]} for name, slot in slots.items() if slot
        },
        "history": [
            {"time": e.time, "event": e.event, "reason": e.reason,
             "sha256": e.sha256 or (e.active.sha256 if e.active else "")}
            for e in store.history[-SHOWN:]
        ],
    }  # fmt: skip


def switched(asked: Asked) -> Mapping[str, Any]:
    """Judge with the model that was sent, or with that of the slot whose digest is named."""
    store = _store(asked)
    if asked.data:
        return _switched(asked, store, asked.data, "installed")
    digest = asked.text("sha256")
    state = store.state
    slots = [s for s in (state.active, state.previous) if s] if state else []
    for slot in slots:
        if len(digest) >= 8 and slot.sha256.startswith(digest):
            return _slot(asked, store, slot, "activated")
    known = ", ".join(slot.sha256[:16] for slot in slots)
    raise Unknown(f"no slot of the store has the digest {digest[:64]!r}; slots are {known}")


def rolled_back(asked: Asked) -> Mapping[str, Any]:
    """Judge with the model before the active one again."""
    store = _store(asked)
    state = store.state
    if state is None or state.previous is None:
        raise InputError("the store holds no model before the active one; send the one you want")
    if state.active and state.active.sha256 != asked.served.trust.sha256:
        where = "/".join(asked.cell)
        raise InputError(f"{where} does not judge by the active model yet; try again in a second")
    return _slot(asked, store, state.previous, "rolled back")


def _store(asked: Asked) -> Store:
    recipe = asked.served.recipe
    if not recipe.store:
        raise InputError(
            f"{'/'.join(asked.cell)} judges with the file {recipe.model}, which is replaced by"
            " hand; models are switched here where the configuration names a store"
        )
    writable(recipe.store)
    return Store(recipe.store)


def _slot(asked: Asked, store: Store, slot: Slot, how: str) -> Mapping[str, Any]:
    data = store.sound(slot)
    if data is None:
        raise InputError("the file of that model is damaged or gone; send the model again")
    return _switched(asked, store, data, how)


def _switched(asked: Asked, store: Store, data: bytes, how: str) -> Mapping[str, Any]:
    """Through the gate: keys, reference outputs, acceptance rows, inputs. Raises InputError, and a
    record says so, too."""
    why, found = asked.why, list[Served]()
    numbers = list[int]()

    def made(old: Served) -> Served:
        new = served(old.recipe, asked.plant.config, model=data)
        if new.trust.sha256 == old.trust.sha256:
            raise InputError("that model is judging already; nothing has changed")
        if how == "installed":
            store.admit(new.trust)
        found.append(new)
        return new

    def record(old: Served, new: Served) -> None:
        if new.limits != old.limits:
            raise InputError("the limits are being changed; try again in a second")
        numbers.append(
            asked.record(
                "model switched", how=how, before=old.trust.said, model=new.trust.said,
                acceptance_rows=new.rows,
            )
        )  # fmt: skip

    def write() -> None:
        before = store.state
        if how == "installed":
            store.install(data, found[0].trust)
        elif before and before.previous and before.previous.sha256 == found[0].trust.sha256:
            store.rollback(f"{why} ({asked.who})")

    def undo() -> None:
        roll_back(store.folder, asked.served.trust.sha256, "the station could not take it")

    try:
        renewal_of(asked).change(asked.cell, Change(made, record, write, undo, MODEL))
    except SnaError as error:
        if not numbers:
            _refused(asked, data, error)
        raise
    return {"record": numbers[0], "model": found[0].trust.said, "acceptance_rows": found[0].rows}


def _refused(asked: Asked, data: bytes, error: Exception) -> None:
    from hashlib import sha256

    reason = " ".join(str(error).split())
    told: dict[str, Any] = {"sha256": sha256(data).hexdigest(), "reason": reason}
    write: Callable[..., object] = asked.plant.desk.note
    station, recipe = asked.cell
    write("model refused", station=station, recipe=recipe, who=asked.who, why=asked.why, **told)
