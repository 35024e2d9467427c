"""One table in every dialect and encoding, through every word that reads a table: the same model,
the same answers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from sna_edge.cli import main

NAMES = ["a", "b", "lot", "y"]
LOTS = ["Größe 1", 'x; "y"', "u, v"]
THIN, NARROW, HARD = "\u2009", "\u202f", "\u00a0"


def table() -> list[list[object]]:
    rows: list[list[object]] = []
    for i in range(30):
        a, b, lot = 910.5 + 55.25 * i, 0.25 + 0.5 * (i * 7 % 11), i % 3
        rows.append([a, b, LOTS[lot], 0.5 * a + 2.0 * b + 100.0 * lot])
    return rows


@dataclass(frozen=True)
class Written:
    """How a table is written."""

    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    end: str = "\n"
    encoding: str = "utf-8"
    quoting: int = csv.QUOTE_MINIMAL
    before: str = ""
    units: bool = False
    comments: bool = False
    blanks: bool = False
    trailing: bool = False
    cut: bool = False
    hash: bool = False

    def number(self, value: float) -> str:
        text = f"{value:,.3f}".rstrip("0").rstrip(".") if self.thousands else repr(value)
        return text.replace(",", "T").replace(".", self.decimal).replace("T", self.thousands)

    def text(self, names: list[str], rows: list[list[object]]) -> str:
        out = io.StringIO(newline="")
        writer = csv.writer(
            out, delimiter=self.separator, lineterminator=self.end, quoting=self.quoting
        )
        extra = [""] if self.trailing else []
        writer.writerow(names + extra)
        if self.units:
            writer.writerow(
                [{"a": "W", "b": "[mm/s]", "lot": "", "y": "MPa"}[name] for name in names]
            )
        for i, row in enumerate(rows):
            if self.comments and i % 5 == 2:
                out.write("# shift change; operator, 2" + self.end)
            if self.blanks and i % 4 == 1:
                out.write(self.end + self.separator * (len(names) - 1) + self.end)
            writer.writerow([self.number(c) if isinstance(c, float) else c for c in row] + extra)
        text = ("# " if self.hash else "") + out.getvalue()
        return self.before + (text.removesuffix(self.end) if self.cut else text)

    def write(self, path: Path, names: list[str], rows: list[list[object]]) -> None:
        path.write_bytes(self.text(names, rows).encode(self.encoding))


@dataclass(frozen=True)
class Workbook:
    units: bool = False

    def write(self, path: Path, names: list[str], rows: list[list[object]]) -> None:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        for row in [names, *rows]:
            book.active.append(row)
        book.save(path)


@dataclass(frozen=True)
class Parquet:
    units: bool = False

    def write(self, path: Path, names: list[str], rows: list[list[object]]) -> None:
        pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(
            pyarrow.table({name: [row[i] for row in rows] for i, name in enumerate(names)}), path
        )


DIALECTS: dict[str, Written | Workbook | Parquet] = {
    "CRLF": Written(end="\r\n"),
    "CR": Written(end="\r"),
    "no end": Written(cut=True),
    "semicolon": Written(";"),
    "semicolon, decimal comma": Written(";", ","),
    "tab": Written("\t"),
    "tab, decimal comma": Written("\t", ",", end="\r\n"),
    "pipe": Written("|"),
    "pipe, decimal comma": Written("|", ","),
    "byte order mark": Written(encoding="utf-8-sig"),
    "UTF-16": Written(encoding="utf-16"),
    "UTF-16 LE": Written(";", ",", encoding="utf-16-le", end="\r\n"),
    "UTF-16 BE": Written(encoding="utf-16-be"),
    "UTF-16 BE marked": Written(before="\ufeff", encoding="utf-16-be"),
    "UTF-32": Written(encoding="utf-32"),
    "cp1252": Written(";", ",", encoding="cp1252"),
    "latin-1": Written(encoding="latin-1"),
    "all quoted": Written(quoting=csv.QUOTE_ALL),
    "quoted decimal commas": Written(",", ","),
    "1.000,5": Written(";", ",", "."),
    "1,000.5": Written(",", ".", ","),
    "1,000.5 by tabs": Written("\t", ".", ","),
    "1 000,5": Written(";", ",", " "),
    "1'000.5": Written(";", ".", "'"),
    "1\u2019000.5": Written(",", ".", "\u2019"),
    "no-break blank": Written(";", ",", HARD),
    "narrow blank": Written(";", ",", NARROW),
    "thin blank": Written("\t", ",", THIN, encoding="utf-16"),
    "sep=;": Written(";", ",", before="sep=;\r\n", end="\r\n"),
    "quoted sep=": Written(before='"sep=,"\n'),
    "comments": Written(before="# Press 4\n# 2024-05-01; 12,5 C\n", comments=True),
    "blank lines": Written(";", blanks=True, before="\n\n"),
    "trailing separators": Written(";", ",", trailing=True),
    "units below": Written(units=True),
    "units below, semicolon": Written(";", ",", units=True, end="\r\n"),
    "header after #": Written(hash=True),
    "Excel": Workbook(),
    "Parquet": Parquet(),
}  # fmt: skip


class Words:
    """What every word makes of a table."""

    def __init__(self, folder: Path, said: Callable[[], str]) -> None:
        self.folder, self._said = folder, said
        (folder / "limits.toml").write_text("[outputs.y]\nUSL = 800.0\n")

    def _run(self, *words: object) -> str:
        self._said()
        code = main([str(w) for w in words])
        assert code == 0, words
        return self._said()

    def fit(self, how, target: Path) -> bytes:
        how.write(self.folder / "fit.csv", NAMES, table())
        self._run(
            "fit", self.folder / "fit.csv", "--target", "y", "--categorical", "lot", "-o", target
        )
        return target.read_bytes()

    def query(self, how, model: Path) -> list[list[str]]:
        how.write(self.folder / "query.csv", NAMES, table())
        self._run(
            "query", model, "--table", self.folder / "query.csv", "-o", self.folder / "out.csv"
        )
        return self._answers("status", "reason", "y", "y_lower", "y_upper")

    def inverse(self, how, model: Path) -> list[list[str]]:
        how.write(
            self.folder / "inverse.csv",
            ["a", "lot", "y"],
            [[a, lot, y] for a, _, lot, y in table()],
        )
        self._run(
            "inverse",
            model,
            "--table",
            self.folder / "inverse.csv",
            "--unknown",
            "b",
            "-o",
            self.folder / "out.csv",
        )
        return self._answers("status", "reason", "b", "miss")

    def observations(self, how, model: Path) -> dict:
        how.write(
            self.folder / "seen.csv",
            ["a", "lot", "y"],
            [[a, lot, y] for a, b, lot, y in table() if b == 0.25],
        )
        words = ("--unknown", "b", "--noise", "0.5", "--json")
        return json.loads(
            self._run("inverse", model, "--observations", self.folder / "seen.csv", *words)
        )

    def watch(self, how, model: Path) -> list[dict]:
        how.write(self.folder / "parts.csv", NAMES, table())
        text = self._run(
            "watch",
            model,
            "--limits",
            self.folder / "limits.toml",
            "--table",
            self.folder / "parts.csv",
            "--advice-ms",
            "0",
        )
        return [
            {k: v for k, v in json.loads(line).items() if k != "line"} for line in text.splitlines()
        ]

    def _answers(self, *columns: str) -> list[list[str]]:
        with open(self.folder / "out.csv", newline="", encoding="utf-8") as file:
            return [[row[c] for c in columns] for row in csv.DictReader(file)]


@pytest.fixture
def words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Words:
    return Words(tmp_path, lambda: capsys.readouterr().out)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dialects")
    Written().write(folder / "t.csv", NAMES, table())
    assert (
        main(
            [
                "fit",
                str(folder / "t.csv"),
                "--target",
                "y",
                "--categorical",
                "lot",
                "-o",
                str(folder / "m.sna"),
            ]
        )
        == 0
    )
    return folder / "m.sna"


@pytest.fixture(scope="module")
def wanted(model: Path) -> dict[str, object]:
    """The answers to the plain table: known values, and what the words wrote for it the first time
    they were asked."""
    return {}


@pytest.mark.parametrize("how", DIALECTS.values(), ids=DIALECTS)
def test_every_word_reads_every_dialect_alike(
    words: Words, model: Path, wanted: dict[str, object], how
) -> None:
    fitted = words.fit(how, words.folder / "fitted.sna")
    if not how.units:  # units from the table make the model another one
        assert fitted == model.read_bytes(), "the same table, another model"
    for word in (words.query, words.inverse, words.observations, words.watch):
        name = word.__name__
        if name not in wanted:
            wanted[name] = word(Written(), model)
        assert word(how, model) == wanted[name], name


def test_the_plain_answers_are_right(words: Words, model: Path) -> None:
    truth = [row[3] for row in table()]
    answers = words.query(Written(), model)
    assert {row[0] for row in answers} == {"ok"} and {row[1] for row in answers} == {""}
    np.testing.assert_allclose([float(row[2]) for row in answers], truth, rtol=1e-4)
    np.testing.assert_allclose(
        [float(row[2]) for row in words.inverse(Written(), model)],
        [row[1] for row in table()],
        atol=0.1,
    )
    assert {row["verdict"] for row in words.watch(Written(), model)} == {"ACCEPT", "REJECT"}


def test_units_below_the_header_are_units(words: Words) -> None:
    import sna_edge

    words.fit(DIALECTS["units below"], words.folder / "m.sna")
    found = sna_edge.load(words.folder / "m.sna")
    assert [(axis.name, axis.unit) for axis in found.axes if axis.name != "lot"] == [
        ("a", "W"),
        ("b", "mm/s"),
    ]
    assert found.outputs[0].unit == "MPa"


PLAIN = Written().text(NAMES, table()).splitlines()
UNREADABLE = {
    "NUL": ("\n".join([*PLAIN[:4], "1000,0.5\0,x,3", *PLAIN[4:]]).encode(), "line 5: a NUL byte"),
    "twice": (
        ("a,b,lot,y,a\n" + "".join(f"{line},1\n" for line in PLAIN[1:])).encode(),
        "'a' occurs twice",
    ),
    "empty": (b"", "no header line"),
    "blank": (b"\n\n \n", "no header line"),
    "header only": (b"a,b,lot,y\n", "rows"),
    "gzip": (b"\x1f\x8b\x08\x00abcdef", "unpack it"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
    "half UTF-8": (
        "\n".join(PLAIN[:3]).encode() + b"\n1000,0.5,\xff\xfe,3\n",
        "line 4: byte 0xff is not utf-8",
    ),
    "two marks": ("\n".join([PLAIN[0], *PLAIN[1:3], '"1000,5",0.5,"u, v",3']).encode(), "line 4"),
    "open quote": (
        ("\n".join([*PLAIN[:3], '1000,0.5,"u, v,3']) + "\n").encode(),
        "line 4: a quote is opened and never closed",
    ),
}


@pytest.mark.parametrize(("data", "part"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("word", ["fit", "query", "inverse", "observations"])
def test_what_cannot_be_read_is_one_sentence_everywhere(
    sna, model: Path, tmp_path: Path, word: str, data: bytes, part: str
) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out.csv"
    if word == "observations":
        data = data.replace(b"a,b,", b"a,c,", 1)
    path.write_bytes(data)
    asked = {
        "fit": ("fit", path, "--target", "y", "--categorical", "lot", "-o", tmp_path / "m.sna"),
        "query": ("query", model, "--table", path, "-o", out),
        "inverse": ("inverse", model, "--table", path, "--unknown", "b", "-o", out),
        "observations": (
            "inverse",
            model,
            "--observations",
            path,
            "--unknown",
            "b",
            "--noise",
            "1",
        ),
    }
    said = sna(*asked[word])
    assert said.code == 2 and part in said.sentence()
    assert not out.exists() and not (tmp_path / "m.sna").exists()
