"""The table of docs/format-history.md: what readers of today say to each kind of file."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from pathlib import Path

import pytest

import sna_edge

from ..c_library import STRICT

KEPT = Path(__file__).resolve().parents[1] / "sna_edge" / "kept"


def table(root: Path) -> dict[str, dict[str, str]]:
    """file -> reader -> answer, as the page has them."""
    text = (root / "docs" / "format-history.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- readers -->\n(.*?)<!-- end readers -->", text, re.S)
    assert found is not None
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in found[1].splitlines()]
    return {row[0]: dict(zip(rows[0][1:], row[1:], strict=True)) for row in rows[2:]}


def files() -> dict[str, list[bytes]]:
    """Files of each kind, the later ones made of a small file of 1.0."""
    plain = (KEPT / "1.0" / "cp-int8.sna").read_bytes()
    return {
        "1.0": [p.read_bytes() for p in sorted((KEPT / "1.0").glob("*.sna"))],
        "1.1": [p.read_bytes() for p in sorted((KEPT / "1.1").glob("*.sna"))],
        "1.7 of known features": [changed(plain, {10: 7})],
        "1.7 with an unknown feature": [changed(plain, {10: 7, 12: 16})],
        "2.0": [changed(plain, {8: 2})],
    }


def changed(data: bytes, places: dict[int, int]) -> bytes:
    """A file of 13 sections with other bytes in its header, its digests made new."""
    out = bytearray(data)
    for place, byte in places.items():
        out[place] = byte
    (start,) = struct.unpack_from("<I", out, 64 + 16 * 11 + 4)
    body = bytes(out[:start])
    out[start : start + 36] = hashlib.sha256(body).digest() + struct.pack("<I", zlib.crc32(body))
    return bytes(out)


def by_python(data: bytes) -> str:
    try:
        sna_edge.from_bytes(data, "numpy")
    except sna_edge.ArtifactError as error:
        return error.rule
    return "read"


def by_c(library, data: bytes) -> str:
    opened = library.open(data)
    return opened.rule or ("read" if opened.status == 0 and opened.verify() == 0 else "refused")


def test_python_says_what_the_page_says(root: Path) -> None:
    told = table(root)
    assert list(told) == list(files())
    for kind, examples in files().items():
        assert {by_python(data) for data in examples} == {told[kind]["Python 1.1"]}, kind


@pytest.mark.parametrize("without", [False, True], ids=["whole", "without-companions"])
def test_c_says_what_the_page_says(root: Path, without: bool, c_double, compiled, bindings) -> None:
    library, told = c_double, table(root)
    column = "C 1.1"
    if without:
        flags = [*STRICT, "-O1", "-DSNA_NO_COMPANIONS"]
        library = bindings.Library(str(compiled("history", "sna.c", *flags)))
        column += " with SNA_NO_COMPANIONS"
    for kind, examples in files().items():
        assert {by_c(library, data) for data in examples} == {told[kind][column]}, kind


def test_formats_of_the_page_are_those_of_the_library(root: Path) -> None:
    text = (root / "docs" / "format-history.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (\d+)\.(\d+) \| (?:from|after)", text, re.M)
    assert tuple((int(a), int(b)) for a, b in listed) == sna_edge.supported_formats()
