"""A disk in memory that keeps a list of what is done to it, and what it may hold after the power
failed at any place of that list.

Until a file is synced, each write to it may be there or not, whole or in part; until a folder is
synced, each change of names likewise, in any combination. What was synced is there.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sna_edge.durable import Disk

BLOCK = 16
"""Bytes of a write that reach the disk together."""


@dataclass(frozen=True)
class Act:
    """`kind`: write, cut (of a file: `inode`), names (`entries`: name -> inode or None), sync,
    sync_folder, done (an operation of the user has returned)."""

    kind: str
    inode: int = -1
    offset: int = 0
    data: bytes = b""
    entries: tuple[tuple[str, int | None], ...] = ()


@dataclass
class PoweredDisk(Disk):
    """Files in memory; `acts` in the order in which they were asked for."""

    files: dict[int, bytearray] = field(default_factory=dict)
    entries: dict[str, int] = field(default_factory=dict)
    acts: list[Act] = field(default_factory=list)

    def read(self, path: str) -> bytes | None:
        return bytes(self.files[self.entries[path]]) if path in self.entries else None

    def names(self, folder: str) -> list[str]:
        return sorted(os.path.basename(p) for p in self.entries if os.path.dirname(p) == folder)

    def make_folder(self, path: str) -> None:
        pass

    @contextmanager
    def locked(self, path: str) -> Iterator[bool]:
        yield True

    def temporary(self, path: str) -> str:
        name = f"{os.path.dirname(path)}/.sna-{len(self.files)}"
        self._made(name)
        return name

    def write(self, path: str, data: bytes, mode: int) -> None:
        self._do(Act("write", self.entries[path], 0, data))

    def append(self, path: str, data: bytes) -> None:
        if path not in self.entries:
            self._made(path)
        inode = self.entries[path]
        self._do(Act("write", inode, len(self.files[inode]), data))

    def cut(self, path: str, size: int) -> None:
        self._do(Act("cut", self.entries[path], size))

    def sync(self, path: str) -> None:
        self._do(Act("sync", self.entries[path]))

    def sync_folder(self, path: str) -> None:
        self._do(Act("sync_folder"))

    def replace(self, source: str, target: str) -> None:
        inode = self.entries[source]
        self._do(Act("names", entries=((target, inode), (source, None))))

    def remove(self, path: str) -> None:
        self._do(Act("names", entries=((path, None),)))

    def done(self) -> None:
        """An operation of the user has returned: what it did must last."""
        self.acts.append(Act("done"))

    def _made(self, name: str) -> None:
        inode = len(self.files)
        self.files[inode] = bytearray()
        self._do(Act("names", entries=((name, inode),)))

    def _do(self, act: Act) -> None:
        self.acts.append(act)
        _apply(act, self.files, self.entries)


def _apply(act: Act, files: dict[int, bytearray], entries: dict[str, int]) -> None:
    if act.kind == "write":
        file = files.setdefault(act.inode, bytearray())
        file.extend(bytes(max(0, act.offset - len(file))))
        file[act.offset : act.offset + len(act.data)] = act.data
    elif act.kind == "cut":
        del files.setdefault(act.inode, bytearray())[act.offset :]
    for name, inode in act.entries:
        if inode is None:
            entries.pop(name, None)
        else:
            files.setdefault(inode, bytearray())
            entries[name] = inode


def _lasting(acts: list[Act]) -> list[bool]:
    """Whether an act is on the disk for certain, at the end of the list."""
    synced: set[int] = set()
    folder, found = False, []
    for act in reversed(acts):
        folder = folder or act.kind == "sync_folder"
        if act.kind == "sync":
            synced.add(act.inode)
        found.append(folder if act.kind == "names" else act.inode in synced)
    return found[::-1]


def _torn(act: Act, draw: random.Random) -> Act:
    """A write of which only some blocks have arrived: zeros, or nothing behind, for the others."""
    if act.kind != "write" or draw.random() < 0.5:
        return act
    data = bytearray(act.data)
    if draw.random() < 0.5:
        return Act("write", act.inode, act.offset, bytes(data[: draw.randrange(len(data) + 1)]))
    for start in range(0, len(data), BLOCK):
        if draw.random() < 0.5:
            data[start : start + BLOCK] = bytes(len(data[start : start + BLOCK]))
    return Act("write", act.inode, act.offset, bytes(data))


def after_cut(acts: list[Act], draw: random.Random | None, *, none: bool = False) -> PoweredDisk:
    """The disk after the power failed behind `acts`: all of them there, with `none` only what was
    synced, with `draw` some of what was not."""
    disk = PoweredDisk()
    for act, certain in zip(acts, _lasting(acts), strict=True):
        if certain or (draw is None and not none):
            _apply(act, disk.files, disk.entries)
        elif draw is not None and draw.random() < 0.5:
            _apply(_torn(act, draw), disk.files, disk.entries)
    used = sorted(disk.files)  # numbers without gaps, for files that are made next
    place = {inode: i for i, inode in enumerate(used)}
    return PoweredDisk(
        {place[i]: disk.files[i] for i in used}, {n: place[i] for n, i in disk.entries.items()}
    )


def cuts(acts: list[Act], samples: int, seed: int = 1) -> Iterator[tuple[int, int, PoweredDisk]]:
    """(operations that had returned, acts asked for, the disk after the cut): every prefix, whole
    and with nothing unsynced, then `samples` reorderings at drawn places."""
    draw = random.Random(seed)
    for end in range(len(acts) + 1):
        done = sum(a.kind == "done" for a in acts[:end])
        yield done, end, after_cut(acts[:end], None)
        yield done, end, after_cut(acts[:end], None, none=True)
    for _ in range(samples):
        end = draw.randrange(len(acts) + 1)
        done = sum(a.kind == "done" for a in acts[:end])
        yield done, end, after_cut(acts[:end], draw)
