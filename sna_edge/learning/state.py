"""The file in which knowledge survives a restart and a power cut: a snapshot, then the blocks that
came after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from ..core.record import ModelRecord
from ..durable import DISK, Disk, Log
from ..errors import InputError
from .arrays import packed, unpacked
from .block import Block
from .escape import Rated
from .knowledge import Knowledge

LARGEST = 60_000
"""Bytes of the file, above which a snapshot takes the place of the blocks."""
FORM = 1
SNAPSHOT, BLOCK = b"S", b"B"


class State:
    """The file `path` of `knowledge`, which is read into it. What was learned beside another model
    is put aside under the name of that one, and taken back with it. Raises InputError where the
    file cannot be used."""

    def __init__(
        self,
        path: str,
        model: ModelRecord,
        knowledge: Knowledge,
        tell: Callable[[str], None] = lambda sentence: None,
        disk: Disk = DISK,
    ) -> None:
        self.path, self.knowledge, self._stack = path, knowledge, ExitStack()
        self._behind = False
        try:
            if not self._stack.enter_context(disk.locked(f"{path}.lock")):
                raise InputError(
                    f"another process is learning into {path}; stop it first, or give this"
                    " one its own file with --learned FILE"
                )
            self._log = Log(path, disk)
            self._aside(tell, disk)
            self._read(model)
        except OSError as error:
            self.close()
            raise InputError(
                f"cannot use the learned state {path} ({error.strerror}); give another path with"
                " --learned FILE"
            ) from None
        except InputError:
            self.close()
            raise

    def _aside(self, tell: Callable[[str], None], disk: Disk) -> None:
        """Change files where this one is of another model."""
        own, owner = self.knowledge.sha256, self._owner(self._log)
        if owner == own:
            return
        waiting = Log(_name(self.path, own), disk)
        self._owner(waiting)  # no name is changed for a file that cannot be read
        if owner:
            kept = _name(self.path, owner)
            disk.replace(self.path, kept)
            tell(f"{self.path} was learned beside another model and is kept as {kept}")
        if waiting.there:
            disk.replace(waiting.path, self.path)
        disk.sync_folder(self.path)
        self._log = Log(self.path, disk)

    def _owner(self, log: Log) -> str:
        """SHA-256 of the model; "" where there is no file. Raises InputError for any other."""
        if not log.there:
            return ""
        try:
            found = unpacked(log.records[0].removeprefix(SNAPSHOT))
            if found["form"] == FORM and len(found["model"]) == 64:
                return str(found["model"])
        except (ValueError, KeyError, TypeError, IndexError):
            pass
        raise self._damaged(log.path)

    def _read(self, model: ModelRecord) -> None:
        if not self._log.there:
            return
        try:
            rated = self.knowledge.accepted.rated if self.knowledge.accepted else None
            before = _known(self._log, model, rated)
            self.knowledge.restored(before.kept())
        except UNREADABLE:
            raise self._damaged(self.path) from None
        if before.mode != self.knowledge.mode or self._log.skipped:
            self.snapshot()

    def _damaged(self, path: str) -> InputError:
        return InputError(
            f"the learned state {path} is damaged, or no such file; delete it to learn anew,"
            " or give another with --learned FILE"
        )

    def keep(self, block: Block) -> None:
        """Called when `knowledge` has advanced by the block: it is on the disk when this returns.
        Raises OSError."""
        record = BLOCK + packed(block.kept())
        fits = self._log.there and self._log.size + len(record) + 12 <= LARGEST
        whole, self._behind = self._behind or not fits, True
        if whole:
            self.snapshot()
        else:
            self._log.append(record)
        self._behind = False  # else this block is missing, and blocks alone cannot go on from there

    def snapshot(self) -> None:
        """Replace the file by all that is known now. Raises OSError."""
        known = self.knowledge
        start = {"form": FORM, "model": known.sha256, "mode": known.mode}
        self._log.begin(SNAPSHOT + packed({**start, **known.kept()}))

    def close(self) -> None:
        """Let another process learn into the file."""
        self._stack.close()


UNREADABLE = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError)


def _known(log: Log, model: ModelRecord, rated: Rated | None = None) -> Knowledge:
    """What the records of a file tell. Raises one of UNREADABLE where they tell nothing."""
    found = unpacked(log.records[0].removeprefix(SNAPSHOT))
    known = Knowledge(model, found["model"], found["mode"], rated)
    known.restored(found)
    for record in log.records[1:]:
        known.advance(Block.restored(unpacked(record.removeprefix(BLOCK))))
    return known


def read_state(path: str, model: ModelRecord, sha256: str, disk: Disk = DISK) -> Knowledge:
    """What was learned into a file beside the model with this SHA-256; another process may go on
    learning into it. Raises InputError where it cannot be read, or is of another model."""
    try:
        log = Log(path, disk)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check the path") from None
    if not log.there:
        raise InputError(f"{path} is not there; watch writes it with the first measured value")
    try:
        known = unpacked(log.records[0].removeprefix(SNAPSHOT))["model"]
        if known == sha256:
            return _known(log, model)
    except UNREADABLE:
        raise InputError(
            f"{path} is damaged, or no file of what was learned; give one that watch has written"
        ) from None
    raise InputError(
        f"{path} was learned beside another model (sha256 {str(known)[:16]}..); give that one with"
        " --model"
    )


def is_kept(path: str, sha256: str, disk: Disk = DISK) -> bool:
    """Whether there is a file that was learned into: at `path`, or put aside for the model."""
    return any(disk.read(one) is not None for one in (path, _name(path, sha256)))


def _name(path: str, sha256: str) -> str:
    """Where a file waits whose model is not in use."""
    return f"{path}.{sha256[:16]}"
