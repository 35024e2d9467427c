"""Inputs made to take long, to fill the memory or to lead out of a folder: each is refused in one
sentence, or answered. docs/attacks.md lists them with their outcomes."""

from __future__ import annotations

import hashlib
import json
import struct
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

import sna_edge
from sna_edge.durable.log import MARK, Log, framed, whole
from sna_edge.errors import ArtifactError, InputError
from sna_edge.quality.limits import limits_in
from sna_edge.quality.line import Line
from sna_edge.quality.readings import LONGEST
from sna_edge.signing.keys import read_keys
from sna_edge.signing.private_key import opened
from sna_edge.store import Store
from sna_edge.store.events import decoded
from sna_edge.values.documents import LARGEST
from sna_export.kit import check_kit

from .quality.conftest import line_model

KEPT = Path(__file__).parent / "kept" / "1.1" / "everything.sna"
GOOD = b"[outputs.width]\nLSL = 80.0\n"
SECONDS = 5.0
"""Of the processor: without the caps these took minutes or the whole memory."""
ROOM = 16 << 20


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


LIMITS = {
    "dotted keys": GOOD + b"a." * 500_000 + b"a = 1",
    "spaced dotted keys": GOOD + b'"a" . ' * 300_000 + b"a = 1",
    "nested arrays": b"a = " + b"[" * 1_000_000,
    "nested tables": b"a = " + b"{a=" * 300_000,
    "many rules": b"".join(b"[outputs.a%d]\nLSL=1\n" % i for i in range(30_000)),
    "a long number": GOOD + b"USL = 1" + b"0" * 100_000,
    "too large": GOOD + b"#" * LARGEST,
    "no text": b"\xff\xfe\x00" * 1000,
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits(name: str, tmp_path: Path) -> None:
    model = line_model()
    for ending in ("toml", "json"):
        path = tmp_path / f"limits.{ending}"
        path.write_bytes(LIMITS[name])
        with pytest.raises(InputError) as caught:
            sna_edge.quality.read_limits(path, model)
        assert len(str(caught.value)) < 500


LINES = {
    "deep": b'{"a":' * 100_000,
    "deep lists": b"[" * 500_000,
    "long": b'{"power": "' + b"9" * LONGEST + b'"}',
    "a long number": b'{"power": 1' + b"0" * 500_000 + b', "speed": 1, "alloy": "316L"}',
    "many keys": b"{" + b",".join(b'"k%d":1' % i for i in range(80_000)) + b"}",
    "a key twice": b'{"power": 1, "power": 2}',
    "an exponent": b'{"power": 1e999999999, "speed": 1, "alloy": "316L"}',
    "no text": b'{"power": "\xff"}',
    "a long unit": b'{"power": "1 ' + b"k" * 100_000 + b'", "speed": 1, "alloy": "316L"}',
    "many units": b'{"power": "1 ' + b"W*" * 50_000 + b'W", "speed": 1, "alloy": "316L"}',
}


@pytest.mark.parametrize("name", LINES)
def test_lines(name: str) -> None:
    line = Line(line_model(), limits_in(GOOD, "limits.toml", line_model()))
    good = b'{"power": 200, "speed": 1, "alloy": "316L"}'
    bad, after = line.lines([LINES[name], good])
    assert (bad["verdict"], bad["status"]) == ("NO VERDICT", "bad_input")
    assert len(bad["reason"]) < 500 and "reading" not in bad
    assert after["status"] != "bad_input"


def declared(place: int, kind: str, value: int) -> bytes:
    """A good file that says something else at a place, its checksums made again."""
    data = bytearray(KEPT.read_bytes())
    struct.pack_into(kind, data, place, value)
    (start,) = struct.unpack_from("<I", data, 64 + 16 * 11 + 4)
    covered = bytes(data[:start]) + bytes(data[start + 64 + 128 :])
    data[start : start + 32] = hashlib.sha256(covered).digest()
    return bytes(data)


AXES = 64 + 16 * 16
HUGE = {
    "modes": (28, "<I", 65536), "rows": (AXES + 32, "<I", 65535),
    "spans": (AXES + 28, "<I", 32768), "columns": (AXES + 36, "<I", 0xFFFFFFFC),
    "matrices": (AXES + 56, "<H", 32768), "axes": (22, "<H", 64), "outputs": (24, "<H", 64),
    "a section": (64 + 8, "<I", 0xFFFFFFFF), "the file": (16, "<I", 1 << 30),
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_a_file_that_declares_more_than_it_has(name: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ArtifactError):
            sna_edge.from_bytes(declared(*HUGE[name]), backend="numpy")
        assert tracemalloc.get_traced_memory()[1] < 10 * KEPT.stat().st_size + ROOM
    finally:
        tracemalloc.stop()


def test_the_log_of_a_store(tmp_path: Path) -> None:
    far = (MARK + struct.pack("<II", 1 << 19, 0)) * 100_000
    assert list(whole(far)) == []
    assert [content for _, content in whole(framed(b"one") + far[:1200])] == [b"one"]
    deep = b'{"a":' * 100_000
    for record in (deep, b"[]", b'{"format": 1}', b'{"format": 1, "format": 1}', b"\xff"):
        with pytest.raises(ValueError):
            decoded(record)
    path = tmp_path / "log"
    path.write_bytes(framed(deep) + far)
    assert Log(path).records == [deep]
    with pytest.raises(InputError, match="damaged"):
        Store(tmp_path)


def test_a_store_names_no_file_outside_it(tmp_path: Path) -> None:
    event = {"format": 1, "number": 1, "time": "", "event": "installed", "previous": None}
    for name in ("../../etc/passwd", "/etc/passwd", "a" * 63 + "/", "A" * 64, 5):
        slot = {"sha256": name, "version": 1}
        with pytest.raises((ValueError, InputError)):
            decoded(json.dumps({**event, "active": slot}).encode())


def test_key_files(tmp_path: Path) -> None:
    ring = tmp_path / "keys.txt"
    for data in (b"sna-ed25519 " + b"0" * 500_000, b"x\n" * 100_000, b"\x00" * 1000,
                 b"#" * (1 << 21), b"sna-ed25519 " + b"00" * 32 + b" models",
                 b'{"a":' * 50_000):  # fmt: skip
        ring.write_bytes(data)
        with pytest.raises(InputError) as caught:
            read_keys(ring)
        assert len(str(caught.value)) < 500
    for data in (b'{"a":' * 10_000, b"[]", b"{}", b"\xff", b'{"sna_edge_private_key": 1}'):
        with pytest.raises(InputError):
            opened(data, b"x")


def test_a_kit(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    for text in ('{"a":' * 100_000, "[]", "{}", '{"files": [], "target": {}}', "\x00"):
        manifest.write_text(text)
        with pytest.raises(InputError):
            check_kit(tmp_path, None)
    outside = {"files": {"../secret": "0" * 64}, "target": {"name": "here"}}
    manifest.write_text(json.dumps(outside))
    with pytest.raises(InputError, match="is missing in the kit"):
        check_kit(tmp_path, None)
    (tmp_path / "wheels").symlink_to("/etc")
    with pytest.raises(InputError, match="is a link"):
        check_kit(tmp_path, None)
