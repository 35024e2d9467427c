"""What is no file, or no artifact, is said at once: nothing large is read first, and nothing is
waited for."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

import sna_edge
from sna_edge import ArtifactError, InputError

KINDS = [
    "folder",
    "pipe",
    "socket",
    "device",
    "missing",
    "link to a pipe",
    "link to nothing",
    "no name",
]


@pytest.fixture
def made(tmp_path: Path):
    def make(kind: str) -> str:
        path = tmp_path / "m.sna"
        if kind == "folder":
            path.mkdir()
        elif kind in ("pipe", "link to a pipe"):
            os.mkfifo(path)
        elif kind == "socket":
            socket.socket(socket.AF_UNIX).bind(str(path))
        elif kind == "device":
            return os.devnull
        elif kind == "no name":
            return str(tmp_path / "a\0b")
        if kind.startswith("link"):
            (tmp_path / "l.sna").symlink_to(path)
            return str(tmp_path / "l.sna")
        return str(path)

    return make


@pytest.mark.skipif(os.name != "posix", reason="pipes and sockets of POSIX")
@pytest.mark.parametrize("kind", KINDS)
def test_only_regular_files_are_read(kind: str, made) -> None:
    with pytest.raises(InputError, match=r"give the path of an \.sna file") as error:
        sna_edge.load(made(kind))
    if kind in ("folder", "pipe", "socket", "device"):
        assert f"it is a {kind}" in str(error.value)


def test_a_large_file_of_another_kind_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "disk.img"
    with open(path, "wb") as file:
        file.truncate(1 << 40)  # sparse: a terabyte that takes no room
    magic = b"\x89SNA\r\n\x1a\n"
    for first, rule in (
        (b"", "bad_magic"),
        (magic + b"\1\0\0\0", "bad_size"),
        (magic + b"\2\0\0\0", "unsupported_version"),
    ):
        with open(path, "r+b") as file:
            file.write(first)
        with pytest.raises(ArtifactError) as error:
            sna_edge.load(path)
        assert error.value.rule == rule


def test_links_and_pseudo_files(tmp_path: Path, build) -> None:
    data = build.cp(build.mixed_axes(), seed=2, rank=3, outputs=1).to_bytes()
    (tmp_path / "m.sna").write_bytes(data)
    (tmp_path / "l.sna").symlink_to("m.sna")
    assert sna_edge.load(tmp_path / "l.sna", backend="numpy").artifact == data
    for size, rule in ((0, "too_short"), (100, "too_short"), (len(data) - 1, "bad_size")):
        (tmp_path / "cut.sna").write_bytes(data[:size])
        with pytest.raises(ArtifactError) as error:
            sna_edge.load(tmp_path / "cut.sna")
        assert error.value.rule == rule
    if os.path.exists("/proc/cpuinfo") and stat.S_ISREG(os.stat("/proc/cpuinfo").st_mode):
        with pytest.raises(ArtifactError, match="too_short"):
            sna_edge.load("/proc/cpuinfo")


@pytest.mark.parametrize(
    ("name", "text"),
    {
        "deep lists": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        "duplicate keys": b'{"a":1,"a":1}',
        "a huge integer": b'{"a":' + b"9" * 10_000 + b"}",
        "a number beyond float64": b'{"a":1e999}',
        "NaN": b'{"a":NaN}',
        "half a character": b'{"a":"\\ud800"}',
        "not UTF-8": b'{"a":"\xff"}',
        "nothing": b"",
        "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    }.items(),
)
def test_metadata_of_any_kind_is_refused_by_name(name: str, text: bytes, build, by_hand) -> None:
    h = by_hand(build.cp(build.mixed_axes(), seed=2, rank=3, outputs=1).to_bytes())
    for section in ("metadata", "certificate"):
        with pytest.raises(ArtifactError) as error:
            sna_edge.from_bytes(bytes(h.replaced(**{section: text})), backend="numpy")
        assert error.value.rule == "bad_metadata"
