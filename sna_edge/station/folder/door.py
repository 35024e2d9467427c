"""The door itself: a thread that looks into a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from fnmatch import fnmatchcase
from hashlib import blake2b
from itertools import islice
from threading import Event, Thread
from typing import Any

from ...durable import DISK, sweep, write_whole
from ...errors import SnaError
from ..judging.clock import written
from ..parts import Answer
from ..plant import Plant
from .rows import named_by, names_of, rows, shown, verdicts
from .settings import FolderSettings

TOGETHER, FILES = 256, 10_000
AGAIN = 0.2
"""Seconds after which rows are offered again where there was no room for them."""
DONE, WRONG = "done", "wrong"
TABLE = ".verdicts"
"""The table of the file that is being read."""
LONGEST_NAME = 200
"""Bytes of a file's name in these; longer ones are cut."""
Mark = tuple[int, int, int]


class _Stopped(Exception):
    """The station stops; the file stays, and is read again."""


class FolderDoor:
    """Reads files, one after the other; each is moved when its records are on the disk."""

    def __init__(self, name: str, settings: FolderSettings, plant: Plant) -> None:
        self.name, self.settings, self._plant = f"folder.{name}", settings, plant
        self._seen: dict[str, Mark] = {}
        self._words, self._files, self._up = "looks for files", 0, True
        self._so_far = ""
        self._end = Event()
        self._thread = Thread(target=self._run, name=self.name, daemon=True)

    def start(self) -> None:
        """Begin to look."""
        for name in (DONE, WRONG):
            DISK.make_folder(os.path.join(self.settings.path, name))
            sweep(os.path.join(self.settings.path, name))
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Look no more; a file that is not done stays where it is."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def state(self) -> Mapping[str, Any]:
        """Whether it can look, and how many files it has read."""
        return {"up": self._up, "words": f"{self._words}, {self._files} read", "files": self._files}

    def _run(self) -> None:
        while not self._end.wait(self.settings.seconds):
            try:
                self.look()
                self._up, self._words = True, "looks for files"
            except _Stopped:
                return
            except OSError as error:
                self._up, self._words = False, f"cannot use {self.settings.path}: {error.strerror}"
            except Exception as error:  # of ours: the next look may go well
                self._up, self._words = False, f"a fault, {type(error).__name__}: {error}"

    def look(self) -> None:
        """Read every file that has come whole."""
        before, self._seen = self._seen, {}
        for name in self._names():
            try:
                found = os.lstat(os.path.join(self.settings.path, name))
            except FileNotFoundError:  # it was taken away meanwhile
                continue
            if not stat.S_ISREG(found.st_mode):  # a link leads anywhere
                continue
            self._seen[name] = found.st_ino, found.st_size, found.st_mtime_ns
            if before.get(name) == self._seen[name]:
                self._file(name, found.st_size, found.st_mtime)

    def _names(self) -> list[str]:
        """The first FILES names of tables; the others have their turn when these have gone."""
        pattern = self.settings.pattern
        found = (n for n in DISK.names(self.settings.path) if not n.startswith("."))
        return list(islice((n for n in found if fnmatchcase(n, pattern)), FILES))

    def _file(self, name: str, size: int, at: float) -> None:
        path = os.path.join(self.settings.path, name)
        table = os.path.join(self.settings.path, DONE, TABLE)
        self._so_far = ""
        try:
            if size > self.settings.largest:
                raise ValueError(f"the file is larger than {self.settings.largest} bytes")
            with _kept(table) as keep:
                self._judged(path, named_by(name, written(at)), keep)
        except _Stopped:
            raise
        except Exception as error:  # a table that is none, or one that nobody has thought of
            known = isinstance(error, (SnaError, ValueError, OSError))
            why = str(error) if known else f"a fault, {type(error).__name__}: {error}"
            why = shown(" ".join(why.split())) + self._so_far
            if os.path.lexists(path):
                self._move(name, WRONG, "why.txt", f"{why}\n".encode("utf-8", "backslashreplace"))
            station = self.settings.station
            self._plant.event("alarm", station, self.name, f"{shown(name)} was not read: {why}",
                              source=self.name)  # fmt: skip
        else:
            self._move(name, DONE, "verdicts.csv", table)
            self._files += 1
        self._seen.pop(name, None)

    def _judged(self, path: str, named: str, keep: Callable[[bytes], None]) -> None:
        """Judge the rows, some at a time; `keep` gets the table of what became of them."""
        settings, cells = self.settings, self._plant.desk.cells
        models = [one.line for (station, _), one in cells.items() if station == settings.station]
        levels = [a.name for line in models for a in line.model.axes if a.kind == "categorical"]
        numbers = [n for line in models for n in (*line.names, *line.model.output_names)]
        outputs = list(dict.fromkeys(o.name for line in models for o in line.limits.outputs))
        found = rows(path, named, settings.station, settings.recipe, levels, numbers)
        keep(names_of(outputs))
        some, count = list(islice(found, TOGETHER)), 0
        while some:
            answers = self._recorded([arrival for _, arrival in some])
            keep(verdicts([line for line, _ in some], answers, outputs))
            count += len(some)
            self._so_far = f"; its first {count} rows have their records"
            some = list(islice(found, TOGETHER))
        if not count:
            raise ValueError("the file has no rows below its header")

    def _recorded(self, some: Any) -> list[Answer]:
        """The answers of arrivals, offered until they have records."""
        while True:
            told, ended = list[tuple[list[Answer], str]](), Event()

            def done(
                answers: list[Answer], why: str, told: Any = told, ended: Event = ended
            ) -> None:
                told.append((answers, why))
                ended.set()

            if self._plant.desk.submit(some, done):
                while not ended.wait(AGAIN):
                    if not self._plant.desk.running:
                        raise _Stopped
                if not told[0][1]:
                    return told[0][0]
                self._words = told[0][1]
            if self._end.wait(AGAIN):
                raise _Stopped

    def _move(self, name: str, folder: str, ending: str, beside: bytes | str) -> None:
        """The file, and beside it what became of it (its bytes, or the file that has them); what is
        there stays, a link too, wherever it leads."""
        room, number = os.path.join(self.settings.path, folder), 1
        short = name
        if len(os.fsencode(name)) > LONGEST_NAME:
            short = f"{name[:40]}~{blake2b(os.fsencode(name), digest_size=6).hexdigest()}.csv"
        free = short
        while any(os.path.lexists(os.path.join(room, f"{free}{e}")) for e in ("", f".{ending}")):
            number += 1
            free = f"{short}.{number}"
        with suppress(OSError):  # the records have it all
            if isinstance(beside, str):
                DISK.replace(beside, os.path.join(room, f"{free}.{ending}"))
            else:
                write_whole(os.path.join(room, f"{free}.{ending}"), beside)
        DISK.replace(os.path.join(self.settings.path, name), os.path.join(room, free))
        DISK.sync_folder(os.path.join(room, free))


@contextmanager
def _kept(path: str) -> Iterator[Callable[[bytes], None]]:
    """Write pieces of a new file at `path`, as far as the disk takes them."""
    with suppress(OSError):
        os.unlink(path)
    with ExitStack() as held:
        file = None
        with suppress(OSError):
            file = held.enter_context(open(path, "xb"))

        def keep(piece: bytes) -> None:
            if file is not None:
                with suppress(OSError):  # the records have it all
                    file.write(piece)

        yield keep
        if file is not None:
            with suppress(OSError):
                file.flush()
                os.fsync(file.fileno())


def make(name: str, settings: FolderSettings, plant: Plant) -> FolderDoor:
    """The door that a table [folder.NAME] asks for."""
    return FolderDoor(name, settings, plant)
