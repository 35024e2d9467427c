"""The store of a device: a log of events and the files of two models."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike
from time import gmtime, strftime

from ..durable import DISK, Disk, Log, write_whole
from ..errors import InputError, TrustError
from ..signing import Trust
from ..signing.trust import INSECURE
from .events import INSTALLED, RECOVERED, REFUSED, ROLLED_BACK, Event, Slot, decoded

KEPT, LARGE = 1000, 1 << 20
"""Events that stay where their log has grown to so many bytes."""


@dataclass(frozen=True)
class Active:
    """The model that is active: its bytes, what is known of it, its file."""

    data: bytes
    slot: Slot
    path: str


class Store:
    """The models in the folder `folder`, read when it is made. Writing waits for nobody: a second
    writer at the same time is refused. Raises InputError for a log that is damaged or of somebody
    else, OSError where the folder cannot be used."""

    def __init__(self, folder: str | PathLike[str], disk: Disk = DISK) -> None:
        self.folder, self.disk = os.fspath(folder), disk
        self._read()

    def _read(self) -> None:
        self._log = Log(os.path.join(self.folder, "log"), self.disk)
        try:
            self.history = [decoded(record) for record in self._log.records]
        except ValueError:
            self.history = []
        if self._log.there and not self.history:
            raise InputError(
                f"{self._log.path} is not the log of a store, or damaged; install into another"
                " folder, or remove this one"
            )

    @property
    def state(self) -> Event | None:
        """The last event, whose active and previous model count; None in a new store."""
        return self.history[-1] if self.history else None

    def sound(self, slot: Slot | None) -> bytes | None:
        """The bytes of a model; None where they are gone or not what was installed."""
        data = self.disk.read(self._path(slot)) if slot else None
        return data if slot and data and sha256(data).hexdigest() == slot.sha256 else None

    def active(self) -> Active:
        """The active model. Where its file is damaged the one before becomes active, an event says
        so. Raises InputError where there is none."""
        state = self.state
        if state is None or state.active is None:
            raise InputError(
                f"{self.folder} holds no model; put one in with sna-edge install MODEL --store"
                f" {self.folder}"
            )
        if (data := self.sound(state.active)) is not None:
            return Active(data, state.active, self._path(state.active))
        data = self.sound(state.previous)
        if data is None or state.previous is None:
            raise InputError(
                f"both models in {self.folder} are damaged; install one again with sna-edge install"
            )
        with self._locked():
            self._add(RECOVERED, state.previous, None, reason="the active file was damaged")
        return Active(data, state.previous, self._path(state.previous))

    def admit(self, trust: Trust) -> None:
        """Raises TrustError for a model older than one that was installed before, and for another
        one of the same version; --insecure overrules both."""
        state = self.state
        if state is None or trust.signature.startswith(INSECURE) or not state.counter:
            return
        known = {s.sha256 for s in (state.active, state.previous) if s}
        if trust.version < state.counter or (
            trust.version == state.counter and trust.sha256 not in known
        ):
            raise TrustError(
                "older_version",
                f"the model has version {trust.version or 'none'}, and version {state.counter} was"
                f" installed in {self.folder} before; give a newer one",
            )

    def install(self, data: bytes, trust: Trust) -> Event:
        """Make the model `data`, which was checked, the active one; the one before is kept. On the
        disk when this returns. Raises TrustError as `admit`, OSError where it cannot be written,
        and the old model stays active then."""
        with self._locked():
            self.admit(trust)
            state = self.state
            key = trust.key.key_id.hex() if trust.key else ""
            new = Slot(trust.sha256, trust.version, trust.signature, key)
            if self.sound(new) is None:
                write_whole(self._path(new), data, disk=self.disk)
            if self.sound(new) is None:
                raise InputError(
                    f"the disk under {self.folder} does not give back what was written; the model"
                    " before stays active: check the disk, then install again"
                )
            before = state.active if state else None
            if before and before.sha256 == new.sha256:
                before = state.previous if state else None
            raised = 0 if trust.signature.startswith(INSECURE) else trust.version
            event = self._add(INSTALLED, new, before, counter=raised)
            self._tidy()
        return event

    def rollback(self, reason: str = "") -> Event:
        """Make the model before the active one again. Raises InputError where there is none."""
        with self._locked():
            state = self.state
            if state is None or state.previous is None:
                raise InputError(
                    f"{self.folder} holds no model before the active one; install the one you want"
                )
            if self.sound(state.previous) is None:
                raise InputError(
                    f"the model before the active one in {self.folder} is damaged; install the one"
                    " you want"
                )
            return self._add(ROLLED_BACK, state.previous, state.active, reason=reason)

    def refused(self, digest: str, reason: str) -> Event:
        """Note that a model was not installed, and why; the active one stays."""
        with self._locked():
            state = self.state
            active, previous = (state.active, state.previous) if state else (None, None)
            return self._add(REFUSED, active, previous, reason=reason, digest=digest)

    def _add(
        self,
        event: str,
        active: Slot | None,
        previous: Slot | None,
        *,
        counter: int = 0,
        reason: str = "",
        digest: str = "",
    ) -> Event:
        state = self.state
        number, least = (state.number + 1, state.counter) if state else (1, 0)
        now = strftime("%Y-%m-%dT%H:%M:%SZ", gmtime())
        made = Event(number, now, event, active, previous, max(least, counter), reason, digest)
        self._log.append(made.encoded())
        self.history.append(made)
        if self._log.size > LARGE:
            self._log.keep(KEPT)
            del self.history[:-KEPT]
        return made

    def _tidy(self) -> None:
        """Remove files of models that are neither active nor the one before."""
        state = self.state
        kept = {s.file for s in (state.active, state.previous) if s} if state else set()
        for name in self.disk.names(self.folder):
            if name not in kept and (name.endswith(".sna") or name.startswith(".sna-")):
                self.disk.remove(os.path.join(self.folder, name))

    def _path(self, slot: Slot) -> str:
        return os.path.join(self.folder, slot.file)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The folder, made where there is none, for this writer alone; and what others have written
        since is read."""
        self.disk.make_folder(self.folder)
        with self.disk.locked(os.path.join(self.folder, "lock")) as alone:
            if not alone:
                raise InputError(
                    f"another process is changing the store {self.folder}; try again in a moment"
                )
            self._read()
            yield
