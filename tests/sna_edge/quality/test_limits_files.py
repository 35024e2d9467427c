"""Limits files as people write them: a limit never disappears, and whatever is wrong is one
sentence about the file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sna_edge import InputError, Model
from sna_edge.cli import main
from sna_edge.quality import read_limits
from sna_edge.quality.limits import parse_limits
from sna_edge.values.documents import read_document

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
GOOD = "[outputs.width]\nLSL = 100.0\nUSL = 140.0\n[knobs.power]\nstep = 5.0\n"
TWICE = {
    "a limit": (
        "l.toml",
        "[outputs.width]\nLSL = 100.0\nUSL = 140.0\nUSL = 900.0\n",
        "line 4.*USL",
    ),
    "a limit at the end": ("l.toml", "[outputs.width]\nUSL = 140.0\nUSL = 900.0", "line 3.*USL"),
    "two spellings": ("l.toml", "[outputs.width]\nUSL = 140.0\nusl = 900.0\n", "USL twice"),
    "three spellings": (
        "l.toml",
        "[outputs.width]\nLsl = 1.0\nlSL = 2.0\nUSL = 140.0\n",
        "LSL twice",
    ),
    "target in two spellings": (
        "l.toml",
        "[outputs.width]\nUSL = 140.0\ntarget = 1.0\nTarget = 2.0\n",
        "TARGET twice",
    ),
    "a table": ("l.toml", GOOD + "[outputs.width]\nUSL = 900.0\n", r"line 6.*\[outputs.width\]"),
    "a table and dotted keys": (
        "l.toml",
        "outputs.width.USL = 900.0\n[outputs.width]\nUSL = 140.0\n",
        "line 2",
    ),
    "a quoted key": ("l.toml", '[outputs.width]\nUSL = 140.0\n"USL" = 900.0\n', "line 3"),
    "an escaped key": ("l.toml", '[outputs.width]\nUSL = 140.0\n"\\u0055SL" = 900.0\n', "line 3"),
    "an inline table": ("l.toml", "outputs = {width = {USL = 140.0, USL = 900.0}}\n", "line 1"),
    "outputs": (
        "l.toml",
        "[outputs]\nwidth = {USL = 1.0}\n[outputs.depth]\nUSL = 1.0\n[outputs]\n",
        "second time",
    ),
    "a knob's step": ("l.toml", GOOD + "step = 9.0\n", "line 6.*step"),
    "a knob": ("l.toml", GOOD + "[knobs.power]\nstep = 9.0\n", "line 6"),
    "a tolerance": (
        "l.toml",
        GOOD + "[inputs.power]\ntolerance = 1\ntolerance = 2\n",
        "line 8.*tolerance",
    ),
    "edge": ("l.toml", 'edge = "accept"\nedge = "no verdict"\n' + GOOD, "line 2.*edge"),
    "a limit in JSON": (
        "l.json",
        '{"outputs": {"width": {"USL": 140, "USL": 900}}}',
        "'USL' appears twice",
    ),
    "spellings in JSON": (
        "l.json",
        '{"outputs": {"width": {"USL": 140, "usl": 900}}}',
        "USL twice",
    ),
    "an escape in JSON": (
        "l.json",
        '{"outputs": {"width": {"USL": 140, "\\u0055SL": 900}}}',
        "'USL' appears twice",
    ),
    "an output in JSON": (
        "l.json",
        '{"outputs": {"width": {"USL": 140}, "width": {"USL": 900}}}',
        "'width' appears twice",
    ),
    "outputs in JSON": (
        "l.json",
        '{"outputs": {"width": {"USL": 140}}, "outputs": {"width": {"USL": 900}}}',
        "'outputs' appears twice",
    ),
    "a knob in JSON": (
        "l.json",
        '{"outputs": {"width": {"USL": 1}}, "knobs": {"power": {"step": 1, "step": 9}}}',
        "'step' appears twice",
    ),
    "an input in JSON": (
        "l.JSON",
        '{"outputs": {"width": {"USL": 1}}, "inputs": {"power": {}, "power": {}}}',
        "'power' appears twice",
    ),
}


@pytest.mark.parametrize("case", TWICE)
def test_no_limit_disappears_behind_a_second_one(case: str, holed: Model, tmp_path: Path) -> None:
    name, text, words = TWICE[case]
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        read_limits(tmp_path / name, holed)
    assert "\n" not in str(caught.value)


ENCODED = {
    "UTF-8 with a mark": GOOD.encode("utf-8-sig"),
    "UTF-16": GOOD.encode("utf-16"),
    "UTF-16 LE": GOOD.encode("utf-16-le"),
    "UTF-16 BE": GOOD.encode("utf-16-be"),
    "UTF-16 BE with a mark": b"\xfe\xff" + GOOD.encode("utf-16-be"),
    "UTF-32": GOOD.encode("utf-32"),
    "Windows": GOOD.replace("\n", "\r\n").encode(),
    "Windows UTF-16": GOOD.replace("\n", "\r\n").encode("utf-16"),
    "a comment in German": ("# für die Breite\n" + GOOD).encode("utf-16"),
}


@pytest.mark.parametrize("case", ENCODED)
def test_encodings(case: str, holed: Model, tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_bytes(ENCODED[case])
    assert read_limits(tmp_path / "l.toml", holed) == parse_limits(
        read_document(_written(tmp_path, GOOD)), holed
    )
    (tmp_path / "l.json").write_bytes(
        json.dumps({"outputs": {"width": {"USL": 1}}}).encode("utf-16")
    )
    assert read_limits(tmp_path / "l.json", holed).outputs[0].usl == 1.0


def _written(folder: Path, text: str) -> Path:
    (folder / "plain.toml").write_text(text)
    return folder / "plain.toml"


WRONG = {
    "empty": b"",
    "blank": b" \n\t\n",
    "only a mark": b"\xef\xbb\xbf",
    "latin-1": "# für\n".encode("latin-1") + GOOD.encode(),
    "zeros": b"\0" * 64,
    "pictures": b"\x89PNG\r\n\x1a\n" + b"\0\xff" * 40,
    "half of UTF-16": GOOD.encode("utf-16")[:-1],
    "deep lists": b"x = " + b"[" * 100000,
    "deep tables": b"x = " + b"{a = " * 50000,
    "deep names": b"outputs.width" + b".a" * 20000 + b" = 1",
    "no tables": b"outputs = 3\n",
    "a list of tables": b"[[outputs.width]]\nUSL = 1.0\n",
}
NUMBERS = {
    "beyond a float": "1e999",
    "minus beyond": "-1e999",
    "400 digits": "1" + "0" * 400,
    "5000 digits": "9" * 5000,
    "infinity": "inf",
    "not a number": "nan",
    "text": '"140"',
    "text with unit": '"140 um"',
    "true": "true",
    "a date": "2026-01-01",
    "a time": "07:30:00",
    "a moment": "2026-01-01T07:30:00Z",
    "a list": "[140.0]",
    "a table": "{max = 140.0}",
    "empty text": '""',
    "nothing": "",
    "a comma": "140,5",
    "full width": "１４０",
    "deep": "[" * 300 + "]" * 300,
}
JSON = {
    "NaN": '{"outputs": {"width": {"USL": NaN}}}',
    "Infinity": '{"outputs": {"width": {"LSL": 1, "USL": Infinity}}}',
    "1e999": '{"outputs": {"width": {"USL": 1e999}}}',
    "huge": '{"outputs": {"width": {"USL": ' + "9" * 5000 + "}}}",
    "400 digits": '{"outputs": {"width": {"USL": 1' + "0" * 400 + "}}}",
    "null": '{"outputs": {"width": {"USL": null}}}',
    "deep": '{"outputs": ' * 100000,
    "deep lists": "[" * 100000,
    "a list": "[1]",
    "text": '"limits"',
    "cut": '{"outputs": {"wid',
    "two": "{} {}",
    "quotes": "{'outputs': {}}",
    "comma": '{"outputs": {"width": {"USL": 1,}}}',
}
FILES: dict[str, tuple[str, bytes]] = {
    **{f"file: {k}": ("l.toml", v) for k, v in WRONG.items()},
    **{
        f"number: {k}": ("l.toml", f"[outputs.width]\nUSL = {v}\n".encode())
        for k, v in NUMBERS.items()
    },
    **{f"knob: {k}": ("l.toml", f"{GOOD}cost = {v}\n".encode()) for k, v in NUMBERS.items()},
    **{
        f"tolerance: {k}": ("l.toml", f"{GOOD}[inputs.power]\ntolerance = {v}\n".encode())
        for k, v in NUMBERS.items()
    },
    **{f"json: {k}": ("l.json", v.encode()) for k, v in JSON.items()},
}


@pytest.mark.parametrize("case", FILES)
def test_every_wrong_file_is_one_sentence(
    case: str, holed: Model, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content = FILES[case]
    (tmp_path / name).write_bytes(content)
    holed.save(tmp_path / "m.sna")
    assert main(["watch", str(tmp_path / "m.sna"), "--limits", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and len(err) < 600
    assert "internal error" not in err and "Traceback" not in err


SAID = {
    "a target above": (
        {"outputs": {"width": {"LSL": 1.0, "USL": 2.0, "target": 2.5}}},
        "target of 'width' lies outside",
    ),
    "a target below": (
        {"outputs": {"width": {"LSL": 1.0, "target": 0.5}}},
        "target of 'width' lies outside",
    ),
    "limits in the other order": ({"outputs": {"width": {"LSL": 2.0, "USL": 1.0}}}, "LSL < USL"),
    "equal limits": ({"outputs": {"width": {"LSL": 2.0, "USL": 2.0}}}, "LSL < USL"),
    "a target alone": ({"outputs": {"width": {"target": 2.0}}}, "at least one"),
    **{
        f"{key} {value}": (
            {"outputs": {"width": {"USL": 2.0}}, "knobs": {"power": {key: value}}},
            f"{key} of knob 'power' must be pos",
        )
        for key in ("step", "cost")
        for value in (0.0, -1.0, -5)
    },
}


@pytest.mark.parametrize("case", SAID)
def test_numbers_that_make_no_limits_are_named(case: str, holed: Model) -> None:
    tables, words = SAID[case]
    with pytest.raises(InputError, match=words):
        parse_limits(tables, holed)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_said_to_be_none(text: str, holed: Model, tmp_path: Path) -> None:
    (tmp_path / "l.json").write_text(f'{{"outputs": {{"width": {{"USL": {text}}}}}}}')
    with pytest.raises(InputError, match=f"not JSON .{text} is not a JSON number"):
        read_limits(tmp_path / "l.json", holed)


WHOLE = ["9223372036854775808", "-9223372036854775809", "18446744073709551616",
    "-18446744073709551617", "99999999999999999999",
    "1" + "0" * 30,
         "340282366920938463463374607431768211456", "0x1" + "0" * 16]  # fmt: skip


@pytest.mark.parametrize("whole", WHOLE)
def test_whole_numbers_beyond_64_bits_are_refused(whole: str, holed: Model, tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_text(f"[outputs.width]\nUSL = {whole}\n")
    with pytest.raises(
        InputError,
        match=r"USL of 'width' is a whole number beyond 64 bits; write it with an exponent",
    ):
        read_limits(tmp_path / "l.toml", holed)


@pytest.mark.parametrize(
    "number",
    [
        "9223372036854775807",
        "-9223372036854775808",
        "1e20",
        "1.7976931348623157e308",
        "5e-324",
        "1_000",
        "+7",
        "0x7f",
    ],
)
def test_numbers_of_64_bits_are_numbers(number: str, holed: Model, tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_text(f"[outputs.width]\nUSL = {number}\n")
    wanted = float(int(number, 0)) if "x" in number else float(number)
    assert read_limits(tmp_path / "l.toml", holed).outputs[0].usl == wanted


@pytest.mark.parametrize("value", ["yes", "Accept", "", 1, True, None, ["accept"], {"accept": 1}])
def test_edge_has_two_words(value: object, holed: Model) -> None:
    with pytest.raises(InputError, match="'no verdict' or 'accept'"):
        parse_limits({"edge": value, "outputs": {"width": {"USL": 1.0}}}, holed)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"laser": {"tolerance": 1.0}}, "not an input"),
        ({"alloy": {"tolerance": 1.0}}, "levels"),
        ({"power": {"tolerance": -1.0}}, "from 0"),
        ({"power": {"tolerance": 1000.0}}, "wider"),
        ({"power": {}}, "empty"),
        ({"power": {"tolerence": 1.0}}, "tolerence"),
        ({"power": 1.0}, "tables"),
        ([], "tables"),
        ({"power": {"tolerance": float("nan")}}, "finite"),
    ],
)
def test_wrong_tolerances_are_named(inputs: object, words: str, holed: Model) -> None:
    with pytest.raises(InputError, match=words):
        parse_limits({"inputs": inputs, "outputs": {"width": {"USL": 1.0}}}, holed)


def test_files_that_are_none(holed: Model, tmp_path: Path) -> None:
    (tmp_path / "big.toml").write_bytes(b"# " + b"x" * (1 << 24))
    with pytest.raises(InputError, match="larger"):
        read_limits(tmp_path / "big.toml", holed)
    holed.save(tmp_path / "m.sna")
    for name in (tmp_path, tmp_path / "none.toml", tmp_path / "m.sna"):
        assert main(["watch", str(tmp_path / "m.sna"), "--limits", str(name)]) == 2


KNOBS = {
    "bounds in the wrong order": ("power", "lower = 250\nupper = 150", "no room between"),
    "bounds above the domain": ("power", "lower = 1000\nupper = 2000", "no room between"),
    "bounds below the domain": ("power", "upper = 99", "no room between"),
    "a bound as text": ("power", 'lower = "150"', "without quotes"),
    "a level never seen": ("alloy", 'lower = "brass"', "'alloy'.*not in the training data.*316L"),
    "a number that is no level": ("alloy", "upper = 3", "'alloy'.*not in the training data"),
    "levels in the wrong order": ("alloy", 'lower = "IN718"\nupper = "316L"', "no room between"),
    "an index": ("alloy", "lower = 0", "not in the training data"),
    "a list of levels": ("alloy", 'lower = ["316L"]', "a list"),
    "a level that is true": ("alloy", "lower = true", "is true"),
}


@pytest.mark.parametrize("case", KNOBS)
def test_a_knob_that_cannot_be_turned_is_refused_before_a_part_comes(
    case: str, holed: Model, tmp_path: Path
) -> None:
    """Bounds were not looked at until a part was rejected, whose advice was then bad input."""
    name, text, words = KNOBS[case]
    (tmp_path / "l.toml").write_text(f"[outputs.width]\nUSL = 140.0\n[knobs.{name}]\n{text}\n")
    with pytest.raises(InputError, match=rf"l\.toml: .*{words}"):
        read_limits(tmp_path / "l.toml", holed)


@pytest.mark.parametrize(
    "text", ['lower = "316L"', 'upper = " IN718 "', 'lower = "IN718"\nupper = "IN718"\ncost = 2']
)
def test_bounds_of_a_knob_with_levels_are_levels(text: str, holed: Model, tmp_path: Path) -> None:
    (tmp_path / "l.toml").write_text(f"[outputs.width]\nUSL = 140.0\n[knobs.alloy]\n{text}\n")
    assert list(read_limits(tmp_path / "l.toml", holed).knobs) == ["alloy"]


def test_limits_in_a_unit_of_their_own(holed: Model) -> None:
    """0.1 mm are 100 um, the unit of the model."""
    table = {"unit": "mm", "LSL": 0.1, "USL": 0.14, "target": 0.12}
    (limit,) = parse_limits({"outputs": {"width": table}}, holed).outputs
    assert (limit.lsl, limit.usl, limit.target) == (100.0, 140.0, 120.0)
    (same,) = parse_limits({"outputs": {"width": {"unit": "um", "LSL": 0.1}}}, holed).outputs
    assert same.lsl == 0.1


@pytest.mark.parametrize(
    ("unit", "said"),
    [("kg", "not a unit of the same kind as 'um'"), ("elle", "unknown unit"), (3, "give a word")],
)
def test_units_that_do_not_fit_are_refused(unit: object, said: str, holed: Model) -> None:
    with pytest.raises(InputError, match=said):
        parse_limits({"outputs": {"width": {"unit": unit, "LSL": 0.1}}}, holed)
