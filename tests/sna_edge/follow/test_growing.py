"""A table that is followed: every row is given once, whatever happens to the file and whenever the
process is stopped."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sna_edge import InputError
from sna_edge.durable import Log
from sna_edge.durable.log import framed
from sna_edge.follow import Growing, growing, tail

from .acts import HEADER, STOP, Act, Stopped, add, both, rename, rows, wait, write
from .scripts import SCRIPTS


@pytest.fixture
def follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """The first cells of all rows that are given while a script of acts runs, one act per look at a
    table that does not grow."""

    def run(acts: list[Act]) -> list[str]:
        script, path, given = iter(acts), tmp_path / "t.csv", list[str]()

        def sleep(_: float) -> None:
            act = next(script, None)
            if act is None:
                raise Stopped
            act(path)

        monkeypatch.setattr(tail.time, "sleep", sleep)
        table = Growing(
            str(path),
            follow=True,
            note=str(tmp_path / "note"),
            categorical=["name"],
            needed=["power"],
        )
        try:
            for records in table:
                for record in records:
                    cells = (
                        dict(zip(table.names, record.cells, strict=True))
                        if not record.wrong
                        else {"id": "wrong"}
                    )
                    assert record.wrong or 100 < table.number(cells["power"]) < 200
                    given.append(cells["id"])
        except Stopped:
            pass
        return given

    return run


def parts(script: list[Act | None]) -> Iterator[list[Act]]:
    """The acts of every run; those before a run's first look belong to the time when nothing
    ran."""
    run: list[Act] = []
    for act in script:
        if act is STOP:
            yield run
            run = []
        else:
            run.append(act)
    yield run


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_row_is_given_once(
    name: str, follow: Callable[..., list[str]], tmp_path: Path
) -> None:
    first, *runs = parts(SCRIPTS[name])
    for act in first:
        act(tmp_path / "t.csv")
    given: list[str] = []
    stopped = "while stopped" in name
    for run in runs:
        if stopped:  # a run that only looks, then what happens while nothing runs
            given += follow([])
            for act in run[:1]:
                act(tmp_path / "t.csv")
            run = run[1:]
        given += follow(run)
    assert given == ["1", "2", "3", "4"]


@pytest.mark.parametrize("kills", [1, 2, 3])
def test_a_batch_that_was_not_noted_comes_again(
    kills: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between an answer and the note: the row is repeated, never skipped."""
    monkeypatch.setattr(tail.time, "sleep", _stop)
    path, note = tmp_path / "t.csv", str(tmp_path / "note")
    path.write_text(HEADER + rows(1))
    for _ in range(kills):
        records = next(iter(Growing(str(path), follow=True, note=note)))
        assert [r.cells[0] for r in records] == ["1"] and not os.path.exists(note)
    with pytest.raises(Stopped):
        list(Growing(str(path), follow=True, note=note))
    add(rows(2))(path)
    growing = Growing(str(path), follow=True, note=note)
    assert [r.cells[0] for r in next(iter(growing))] == ["2"] and growing.count == 1


def _stop(_: float) -> None:
    raise Stopped


CHANGED = {
    "a column more": "id,power,name,speed\n2,102.5,part,1\n3,103.5,part,1\n",
    "a column less": "id,power\n2,102.5\n3,103.5\n",
    "another name": "id,watts,name\n2,102.5,part\n3,103.5,part\n",
    "another order": "power,id,name\n102.5,2,part\n103.5,3,part\n",
    "another case": "ID,power,name\n2,102.5,part\n3,103.5,part\n",
    "another table": "x;y\n1;2\n3;4\n",
    "text": "hello\nworld\n",
    "a column more in a row": "2,102.5,part,9\n3,103.5,part,9\n",
}


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("how", ["renamed", "truncated"])
@pytest.mark.parametrize("name", CHANGED)
def test_a_changed_header_is_refused_in_words(
    name: str, how: str, stopped: bool, follow: Callable[..., list[str]], tmp_path: Path
) -> None:
    write(HEADER + rows(1, 1, 1, 1, 1, 1))(tmp_path / "t.csv")
    change = both(rename(), write(CHANGED[name])) if how == "renamed" else write(CHANGED[name])
    if stopped:
        follow([])
        change(tmp_path / "t.csv")
    with pytest.raises(
        InputError,
        match=r"header has changed from id, power, name to .*; fix the table, or delete",
    ):
        follow([wait, wait, wait] if stopped else [change, wait, wait, wait])


NOTES: dict[str, Callable[[str], str]] = {
    "empty": lambda t: "",
    "cut": lambda t: t[: len(t) // 2],
    "not JSON": lambda t: "what?",
    "a list": lambda t: "[]",
    "a number": lambda t: "3",
    "another position": lambda t: t.replace('"position": ', '"position": 1'),
    "another inode": lambda t: t.replace('"inode": ', '"inode": 1'),
    "no head": lambda t: t.replace('"head"', '"heat"'),
    "another version": lambda t: t.replace('"version": 2', '"version": 3'),
    "a key twice": lambda t: t.replace("{", '{"count": 0, ', 1),
    "deep": lambda t: "[" * 100000,
    "zeros": lambda t: "\0" * 100,
    "a flipped letter": lambda t: t.replace('"tail": "', '"tail": "0'),
}


PLAUSIBLE = ("another position", "another inode", "a flipped letter")
"""Only the CRC tells them."""


@pytest.mark.parametrize("name", NOTES)
def test_a_damaged_note_is_refused(
    name: str, follow: Callable[..., list[str]], tmp_path: Path
) -> None:
    write(HEADER + rows(1))(tmp_path / "t.csv")
    assert follow([]) == ["1"]
    note = tmp_path / "note"
    text = Log(note).records[-1].decode()
    changed = NOTES[name](text).encode()
    whole = note.read_bytes()
    forged = [framed(changed)] if name not in PLAUSIBLE else []
    for data in (changed, whole.replace(text.encode(), changed), *forged):
        note.write_bytes(data)
        with pytest.raises(InputError, match="is damaged; delete it"):
            follow([])


def test_notes_of_a_library_before_are_read(
    follow: Callable[..., list[str]], tmp_path: Path
) -> None:
    """They were one JSON object with a digest of its own."""
    write(HEADER + rows(1))(tmp_path / "t.csv")
    assert follow([]) == ["1"]
    note = tmp_path / "note"
    entries = json.loads(Log(note).records[-1]) | {"version": 1}
    check = hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()
    note.write_text(json.dumps({**entries, "check": check}))
    add(rows(2))(tmp_path / "t.csv")
    assert follow([]) == ["2"]
    assert len(Log(note).records) == 1
    note.write_text(json.dumps({**entries, "count": 7, "check": check}))
    with pytest.raises(InputError, match="is damaged"):
        follow([])


def test_a_note_that_is_not_whole_leaves_the_one_before(
    follow: Callable[..., list[str]], tmp_path: Path
) -> None:
    write(HEADER + rows(1))(tmp_path / "t.csv")
    follow([])
    add(rows(2))(tmp_path / "t.csv")
    assert follow([]) == ["2"]
    note = tmp_path / "note"
    assert len(Log(note).records) == 2
    note.write_bytes(note.read_bytes()[:-1])
    assert follow([]) == ["2"]  # twice, never not at all
    assert Log(note).skipped == 0


def test_the_note_of_another_table_is_refused(
    follow: Callable[..., list[str]], tmp_path: Path
) -> None:
    write(HEADER + rows(1))(tmp_path / "t.csv")
    follow([])
    write(HEADER + rows(1))(tmp_path / "u.csv")
    with pytest.raises(InputError, match=r"belongs to .*t\.csv, not to .*u\.csv"):
        list(Growing(str(tmp_path / "u.csv"), follow=True, note=str(tmp_path / "note")))


def test_what_cannot_be_followed_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(HEADER + rows(1))
    for table, note in (
        (tmp_path, None),
        (tmp_path / "none.csv", None),
        (tmp_path / "t.csv", str(tmp_path / "none" / "note")),
    ):
        with pytest.raises((InputError, OSError)):
            list(Growing(str(table), note=note))
    (tmp_path / "e.csv").write_text("")
    with pytest.raises(InputError, match="empty"):
        list(Growing(str(tmp_path / "e.csv")))
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDWR)
    with pytest.raises(InputError, match="not a regular file"):
        list(Growing(str(tmp_path / "pipe"), note=str(tmp_path / "note")))
    os.close(reader)


def test_a_head_without_end_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes that never become a header and a row: a file of one line is not held in memory until it
    is full."""
    monkeypatch.setattr(growing, "LARGEST", 1 << 18)
    (tmp_path / "t.csv").write_text("a" * (1 << 19))
    with pytest.raises(InputError, match="no header and row in its first"):
        list(Growing(str(tmp_path / "t.csv")))


def test_a_pipe_with_several_writers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    holder = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    os.write(holder, (HEADER + rows(1) + "2,10").encode())
    table = Growing(str(tmp_path / "pipe"), follow=True)
    given = iter(table)
    assert [r.cells[0] for r in next(given)] == ["1"]
    os.write(holder, b"2.5,part\n" + HEADER.encode() + rows(3).encode())
    assert [r.cells[0] for r in next(given)] == ["2", "3"]
    os.close(holder)
