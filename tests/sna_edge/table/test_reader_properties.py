"""Whatever Python's csv module writes comes back cell by cell: from a file, and from bytes cut
anywhere."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sna_edge.table import Dialect, Stream, number, open_table
from sna_edge.table.encoding import Decoder

SETTINGS = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
CHARACTERS = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\ufeff")
CELLS = st.text(st.one_of(st.sampled_from(",;\t|\"'\r\n#.- 19eéß€"), CHARACTERS), max_size=8)
ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "latin-1",
)


@st.composite
def written_tables(draw):
    """(names, rows, dialect keywords, text) of a table with at least one row."""
    width = draw(st.integers(1, 4))
    names = [f"n{i}" for i in range(width)]
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6))
    how = {
        "delimiter": draw(st.sampled_from(",;\t|")),
        "quotechar": draw(st.sampled_from("\"'")),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
    }
    if (
        how["quoting"] == csv.QUOTE_MINIMAL
    ):  # the writer leaves the breaks bare that do not end its lines
        other = {"\n": "\r", "\r": "\n"}.get(how["lineterminator"], "")
        rows = [[cell.replace(other, "") if other else cell for cell in row] for row in rows]
    rows = [
        row for row in rows if any(cell.strip() for cell in row) and not row[0].startswith("#")
    ] or [["x"] * width]
    out = io.StringIO(newline="")
    csv.writer(out, **how).writerows([names, *rows])
    return names, rows, how, out.getvalue()


def declared(how, encoding: str) -> dict[str, str]:
    return {"separator": how["delimiter"], "quote": how["quotechar"], "encoding": encoding}


def encoded(text: str, encoding: str) -> bytes | None:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


@SETTINGS
@given(written_tables(), st.sampled_from(ENCODINGS), st.integers(1, 3))
def test_a_written_file_comes_back(tmp_path: Path, table, encoding, size) -> None:
    names, rows, how, text = table
    data = encoded(text, encoding)
    if data is None:
        return
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    found = open_table(path, **declared(how, encoding), categorical=names)
    assert list(found.names) == names
    blocks = list(found.blocks(size))
    assert [row for block in blocks for row in block.rows] == rows
    assert not any(block.wrong for block in blocks)


@SETTINGS
@given(written_tables(), st.sampled_from(ENCODINGS), st.data())
def test_pieces_cut_anywhere_give_the_same_records(table, encoding, data) -> None:
    names, rows, how, text = table
    whole = encoded(text, encoding)
    if whole is None:
        return
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=12)))
    ends = [*cuts, len(whole)]
    stream = Stream("t", Dialect(**declared(how, encoding)), categorical=names)
    records = [
        r for a, b in zip([0, *cuts], ends, strict=True) for r in stream.feed(whole[a:b])
    ] + stream.close()
    assert list(stream.names) == names
    assert [record.cells for record in records] == rows
    assert not any(record.wrong for record in records)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_byte_alone(encoding: str) -> None:
    text = 'größe;"y [µm]"\r\n1,5;"a\r\nb;""c"""\r\n\r\n# done\r\n-2,25;ß'
    stream = Stream("t", Dialect(encoding="latin-1") if encoding == "latin-1" else None)
    records = [
        r for byte in text.encode(encoding) for r in stream.feed(bytes([byte]))
    ] + stream.close()
    assert stream.names == ("größe", "y [µm]")
    assert [r.cells for r in records] == [["1,5", 'a\r\nb;"c"'], ["-2,25", "ß"]]
    assert [r.line for r in records] == [2, 6]
    assert [stream.number(r.cells[0]) for r in records] == [1.5, -2.25]


@SETTINGS
@given(
    st.lists(
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
        min_size=1,
        max_size=8,
    ),
    st.data(),
)
def test_numbers_come_back_in_every_dialect(tmp_path: Path, rows, data) -> None:
    """The separator, the mark and the encoding are found, not declared."""
    separator = data.draw(st.sampled_from(",;\t|"))
    decimal = "." if separator == "," else data.draw(st.sampled_from(".,"))
    encoding = data.draw(
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    )
    rows = [[0.5, 0.25], *rows]  # proves the mark
    lines = [
        "a" + separator + "b",
        *(separator.join(repr(v).replace(".", decimal) for v in row) for row in rows),
    ]
    path = tmp_path / "t.csv"
    path.write_bytes(data.draw(st.sampled_from(["\n", "\r\n", "\r"])).join(lines).encode(encoding))
    table = open_table(path)
    marks = table.marks()
    found = [[marks.number(cell) for cell in row] for block in table.blocks() for row in block.rows]
    assert found == rows


@SETTINGS
@given(
    st.text(
        st.one_of(
            st.sampled_from("0123456789.,+-eE_ '\u00a0xnaif"),
            st.characters(blacklist_categories=("Cs",)),
        ),
        max_size=9,
    )
)
def test_what_is_a_number_is_one_for_float_too(cell: str) -> None:
    """The strict parser never reads a number that Python's would read otherwise."""
    found = number(cell)
    if found == found:
        plain = (
            cell.strip()
            .replace(",", "")
            .translate(dict.fromkeys(map(ord, " '\u00a0\u2009\u202f\u2019")))
        )
        assert float(plain) == found and "_" not in cell and plain.isascii()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_first_sign_cut_in_two_decides_the_encoding_when_it_is_whole(encoding: str) -> None:
    text = "kurz,größe,y\n1,2,4\nß,3,4\n"
    data = text.encode(encoding)
    for cut in range(len(data) + 1):
        decoder = Decoder()
        assert (
            decoder.feed(data[:cut]) + decoder.feed(data[cut:]) + decoder.feed(b"", final=True)
            == text
        )
        assert decoder.encoding == encoding


def test_a_row_with_a_nul_byte_is_a_wrong_record() -> None:
    stream = Stream()
    records = stream.feed(b"a,b\n1,2\n3,\x004\n5,6\n") + stream.close()
    assert [(r.line, bool(r.wrong)) for r in records] == [(2, False), (3, True), (4, False)]
    assert "NUL byte" in records[1].wrong
