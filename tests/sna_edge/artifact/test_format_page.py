"""FORMAT.md and artifact/layout.py say the same."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sna_edge.artifact import layout
from sna_edge.artifact.checks import bound
from sna_edge.core import border
from sna_edge.core.output import LINKS

TYPES = {
    "u8": "u1",
    "i8": "i1",
    "u16": "<u2",
    "u32": "<u4",
    "u64": "<u8",
    "i64": "<i8",
    "i32": "<i4",
    "f32": "<f4",
    "f64": "<f8",
}


@pytest.fixture(scope="module")
def page(root) -> str:
    return (root / "FORMAT.md").read_text(encoding="utf-8")


def part(page: str, start: str, end: str) -> str:
    return page.split(start, 1)[1].split(end, 1)[0]


def fields(text: str) -> list[tuple[str, int, np.dtype, int]]:
    """(name, offset, type, count) of every row of the first offset table in `text`."""
    rows = re.findall(r"^\| (\d+) \| (\w+)(?:\[(\d+)\])? \| (\w+) \|", text, flags=re.MULTILINE)
    assert rows
    return [
        (name, int(offset), np.dtype(TYPES[kind]), int(count or 1))
        for offset, kind, count, name in rows
    ]


@pytest.mark.parametrize(
    ("record", "start", "end"),
    [("HEADER", "### Header", "### Section table"),
        ("SECTION", "### Section table", "| id | section"), ("AXIS", "## 3. AXES", "## 4."),
     ("GROUP_RECORD", "## 5. INTERACTION", "## 6."), ("OUTPUT", "## 6. OUTPUTS", "## 7.")],
)  # fmt: skip
def test_records_have_the_fields_of_the_page(page: str, record: str, start: str, end: str) -> None:
    dtype = getattr(layout, record)
    wanted = fields(part(page, start, end))
    assert [name for name, *_ in wanted] == list(dtype.names)
    place = 0
    for name, offset, kind, count in wanted:
        assert dtype.fields[name][1] == offset == place, name
        size = dtype.fields[name][0].itemsize
        base = dtype.fields[name][0].base
        assert size == kind.itemsize * count and (base == kind or base.kind == "S"), name
        place += size
    assert place == dtype.itemsize


def test_sections_and_their_order(page: str) -> None:
    rows = re.findall(
        r"^\| (\d+) \| ([A-Z]+) \|", part(page, "### Section table", "## 3."), flags=re.MULTILINE
    )
    assert [(int(i), name.lower()) for i, name in rows] == list(enumerate(layout.SECTIONS, 1))


def test_constants_of_the_page(page: str) -> None:
    magic = re.search(r"magic \| `([0-9A-F ]+)`", page)
    assert magic and bytes.fromhex(magic[1]) == layout.MAGIC
    version = re.search(r"Format versions \*\*1\.0\*\* and \*\*(\d+)\.(\d+)\*\*", page)
    assert version and (int(version[1]), int(version[2])) == (layout.MAJOR, layout.MINOR)
    said = {
        "MAX_FILE": 2 ** int(re.search(r"at most 2\^(\d+)", page)[1]),
        "MAX_AXES": int(re.search(r"n_axes \| D, 1\.\.(\d+)", page)[1]),
        "MAX_OUTPUTS": int(re.search(r"n_outputs \| K, 1\.\.(\d+)", page)[1]),
        "MAX_GROUPS": int(re.search(r"n_groups \| CP: number of mode groups, 0\.\.(\d+)", page)[1]),
        "MAX_MODES": int(re.search(r"n_modes \| CP: R' \(padded\), 0\.\.(\d+)", page)[1]),
        "MAX_RANK": int(re.search(r"TT: r_D, 1\.\.(\d+)", page)[1]),
        "MAX_SPANS": int(re.search(r"n_spans \| S, 1\.\.(\d+)", page)[1]),
        "MAX_ROWS": int(re.search(r"n_rows \| n_d, p\+1\.\.(\d+)", page)[1]),
        "MAX_GOLDEN": int(re.search(r"`u32 count` \(G, 1\.\.(\d+)\)", page)[1]),
        "MAX_NODES": int(re.search(r"of a node axis 1\.\.(\d+)", page)[1]),
        "MAX_CELLS": int(re.search(r"n_cells \| 1\.\.(\d+)", page)[1]),
        "GROUP": int(re.search(r"rounded up to a multiple of (\d+)", page)[1]),
        "ALIGN": int(
            re.search(r"next multiple of (\d+)\s+after the end of the section before", page)[1]
        ),
    }
    assert {name: getattr(layout, name) for name in said} == said


def test_enumerations_of_the_page(page: str) -> None:
    axes, outputs = part(page, "## 3. AXES", "## 4."), part(page, "## 6. OUTPUTS", "## 7.")
    kinds = re.search(r"kind \| 0 (\w+), 1 (\w+), 2 (\w+), 3 (\w+)", axes)
    dtypes = re.search(r"dtype \| 0 (\w+), 1 (\w+), 2 (\w+), 3 (\w+)", axes)
    links = re.search(r"link \| 0 (\w+), 1 (\w+), 2 (\w+)", outputs)
    assert kinds and kinds.groups() == layout.KINDS
    short = {"f32": "float32", "f16": "float16", "i16": "int16", "i8": "int8"}
    assert dtypes and tuple(short[t] for t in dtypes.groups()) == layout.DTYPES
    assert links and links.groups() == layout.LINKS == LINKS
    folds = re.search(r"stored as i16 \(i8\) has the factor 2\^-(\d+) \(2\^-(\d+)\)", axes)
    assert folds and (layout.FOLD["int16"], layout.FOLD["int8"]) == (
        2.0 ** -int(folds[1]),
        2.0 ** -int(folds[2]),
    )
    bits = re.search(r"bit 0: tensor train; bit 1: section 8", page)
    assert bits and (layout.FEATURE_TT, layout.FEATURE_FIXED) == (1, 2)


def test_slack_at_an_end_is_the_one_of_the_page(page: str, root) -> None:
    formula = re.search(
        r"min\(2\^-(\d+) M, max\(2\^-(\d+) upper - 2\^-(\d+) lower, 2\^-(\d+) M\)\)", page
    )
    assert formula and formula[2] == formula[3]
    said = [2.0 ** -int(formula[i]) for i in (1, 2, 4)]
    assert said == [border.FLOAT32, border.RANGE, border.FLOAT64]
    source = (root / "firmware_bindings" / "sna.c").read_text(encoding="utf-8")
    names = ("BORDER_FLOAT32", "BORDER_RANGE", "BORDER_FLOAT64")
    assert [
        float(re.search(rf"#define {n} \(\(real\)([0-9.e-]+)f\)", source)[1]) for n in names
    ] == said


def test_bound_of_the_golden_vectors_is_the_one_of_the_page(page: str, root) -> None:
    wide = re.search(r"tolerance64 > 2\^-(\d+) S_k` or `tolerance32 > 2\^-(\d+) S_k", page)
    assert wide and (2.0 ** -int(wide[1]), 2.0 ** -int(wide[2])) == (
        bound.TOLERANCE64,
        bound.TOLERANCE32,
    )
    limit = re.search(r"lower \| between -2\^(\d+) and 2\^(\d+)", page)
    assert limit and layout.LARGEST == 2.0 ** int(limit[1]) == 2.0 ** int(limit[2])
    margin = re.search(r"\(1 \+ 2\^-(\d+)\) Y_k", page)
    assert margin and 1 + 2.0 ** -int(margin[1]) == bound.ROUNDING
    source = (root / "firmware_bindings" / "sna.c").read_text(encoding="utf-8")
    said = {
        "TOLERANCE": {bound.TOLERANCE64, bound.TOLERANCE32},
        "BOUND_MARGIN": {bound.ROUNDING},
        "BOUND_OFFSET": {2.0**-20},
    }
    for name, values in said.items():
        assert {
            float(v) for v in re.findall(rf"#define {name} (?:\(\(real\))?([0-9.e-]+)f?", source)
        } == values


def test_fixed_sizes_of_the_page(page: str) -> None:
    assert "## 10. INTEGRITY, 64 bytes" in page and "## 11. SIGNATURE, 128 bytes" in page
    assert re.search(r"at least 64 \+ 13 \* 16 bytes", page)
