"""Messages that were made to be misread: what each one is, and that reading it takes no time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from sna_edge.station.http.guard import COOKIE, _cookie
from sna_edge.station.messages import (
    BROKEN,
    DEEPEST,
    LINES,
    LIST,
    MANY,
    MOST,
    OBJECT,
    of_line,
    of_message,
)
from sna_edge.station.parts import Arrival

GOOD = b'{"part": "A1", "power": 200}'


def read(data: bytes, **more: Any) -> tuple[list[Arrival], str]:
    return of_message(data, "press-1", "http", **more)


def words(arrival: Arrival) -> str:
    assert isinstance(arrival.reading, str), arrival
    return arrival.reading


@pytest.mark.parametrize(
    "wrong", [b'{"a": 1, "a": 2}', b'{"x": ' + b"9" * 5000 + b"}", b"7", b"null", b'"{}"', b"[]",
              b'{"x": ' + b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1) + b"}",
              b'{"part": "\\ud800"}', b'{"part": 1e400}', b'{"part": {}}', b'{"recipe": 0.5}',
              b'{"recipe": 1e400}', b'{"recipe": false}', b'{"recipe": []}'],
    ids=range(14),
)  # fmt: skip
def test_what_is_wrong_with_one_part_of_a_list_says_nothing_of_the_others(wrong: bytes) -> None:
    found, form = read(b"[" + GOOD + b" ,\r\n" + wrong + b"," + GOOD + b"]")
    assert form == LIST and [one.part for one in found] == ["A1", "", "A1"]
    if b'"x": 9' not in wrong:  # a number of 5,000 digits is infinite, as the line says
        assert words(found[1])
    assert isinstance(found[0].reading, dict) and found[0].reading == found[2].reading


@pytest.mark.parametrize(
    "list_", [b"[", b"[" + GOOD, b"[" + GOOD + b",]", b"[" + GOOD + b" " + GOOD + b"]",
              b"[" + GOOD + b"] 7", b"[\xff]", b"[" * 5000, b"[" + GOOD + b',{"part": ]', b"[,]",
              b"[" + GOOD + b',{"part": "A2", "power": 2', b"\xef\xbb\xbf[{]"],
    ids=range(11),
)  # fmt: skip
def test_a_list_that_was_cut_acknowledges_no_part(list_: bytes) -> None:
    (one,), form = read(list_)
    assert form == BROKEN and one.part == ""
    assert words(one).startswith("the list cannot be read (")
    assert words(one).endswith("); correct it and send it again")


def test_lists_with_a_byte_order_mark_and_none_in_them() -> None:
    assert [len(read(b"\xef\xbb\xbf [" + GOOD + b"]\n")[0]), len(read(b"[]")[0])] == [1, 0]
    assert read(b"\xef\xbb\xbf" + GOOD)[0][0].part == "A1"


@pytest.mark.parametrize(
    "given, recipe", [(b"4711", "4711"), (b"12.0", "12"), (b'" 316L "', " 316L "), (b'""', "usual"),
                      (b"null", "usual"), (b"0", "0")],
)  # fmt: skip
def test_a_recipe_may_be_a_number_as_an_id_may(given: bytes, recipe: str) -> None:
    data = b'{"part": "A1", "sequence": 3, "power": 200, "recipe": ' + given + b"}"
    (one,), _ = read(data, recipe="usual")
    assert (one.part, one.sequence, one.recipe) == ("A1", 3, recipe)
    assert isinstance(one.reading, dict)


@pytest.mark.parametrize("field", ["part", "recipe"])
@pytest.mark.parametrize("name", ["a" * 201, "a\u0000b", True, 0.5])
def test_names_that_are_none_are_told_what_names_are(field: str, name: object) -> None:
    (one,), _ = read(json.dumps({"part": "A1", "sequence": 3, field: name}).encode())
    assert (one.part, one.sequence) == ("", 0)
    assert words(one).endswith("give a whole number or at most 200 printable characters")


def test_lines_are_told_apart_from_an_object_on_many_lines() -> None:
    two = GOOD + b"\n" + GOOD.replace(b"A1", b"A2")
    for data, lines in ((two, False), (two, True), (b"no\r\n\n  " + GOOD, False)):
        found, form = read(data, lines=lines)
        assert form == LINES and len(found) == 2, data
    for whole in (json.dumps(json.loads(GOOD), indent=2).encode(),
                  b'{"part": "A1",\n "reading":\n{"power": 200}\n}'):  # fmt: skip
        (one,), form = read(whole)
        assert form == OBJECT and one.part == "A1" and not isinstance(one.reading, str)
    (one,), form = read(b'{"part": "A1",\n "power": \n}')
    assert form == OBJECT and words(one)


def test_too_many_parts_are_counted_and_not_made() -> None:
    eight = 1 << 23
    for data, lines in ((b"[" + b"{}," * (eight // 3) + b"{}]", False), (b"{}\n" * MOST * 2, True),
                        (b"[" + b"1," * (eight // 4) + b"1]", False)):  # fmt: skip
        began = time.thread_time()
        (one,), form = read(data, lines=lines)
        assert form == MANY and "10000 parts" in words(one)
        assert time.thread_time() - began < 1.0
    assert len(read(b"[" + b"{}," * (MOST - 1) + b"{}]")[0]) == MOST


def test_no_message_takes_a_time_that_grows_with_its_square() -> None:
    keys = b",".join(b'"k%d":1' % n for n in range(60_000))
    messages = [b"x" + b"\n" * 60_000 + b"x", b'{"x":' + b"\n \t" * 30_000 + b"1}",
                b"{" + keys + b',"k59999":2}', b'{"power": "' + b"9" * 1_000_000 + b'"}',
                b'{"time": ' + b"9" * 400 + b', "power": 1}', b"[" * 1_000_000,
                b'{"power": "1' + b" " * 1_000_000 + b'x"}']  # fmt: skip
    for message in messages:
        began = time.thread_time()
        of_line(message, "press-1")
        read(message)
        read(b"[" + message + b"]")
        assert time.thread_time() - began < 3.0, message[:40]  # by the square: half an hour


def test_a_cookie_is_read_in_no_time() -> None:
    began = time.thread_time()
    for hostile in ('"' + "\\" * 60_000 + '"', "\\" * 60_000, ";" * 60_000, "=" * 60_000):
        assert _cookie(f"{COOKIE}={hostile}; a=b") != "token"
        assert _cookie(f"a={hostile}; {COOKIE}=token; c") == "token"
    assert time.thread_time() - began < 1.0  # the standard library takes 39 s for the first


def test_times_that_are_none() -> None:
    for given in (b"9" * 400, b"-1", b"1e400", b"NaN", b"true", b'"\\ud800"', b"[]", b'"2026"',
                  b'"2026-02-30T00:00:00Z"', b'"9999-99"', b"1e15"):  # fmt: skip
        assert of_line(b'{"power": 200, "time": %s}' % given, "press-1").sent is None, given
