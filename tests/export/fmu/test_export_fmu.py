"""`sna-edge export --to fmu`: names, descriptions, refusals, and the C sources by themselves."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from csv import DictReader
from pathlib import Path
from xml.etree import ElementTree

import pytest

import sna_edge
from sna_edge.cli import main
from sna_edge.errors import BackendError, InputError
from sna_export.firmware import install
from sna_export.fmu import command, export, library
from sna_export.fmu.description import base_unit
from sna_export.fmu.variables import Names

from ...c_library import KEPT_1_1, STRICT
from ...model_kinds import KINDS, model_on


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources only: quick."""
    monkeypatch.setattr(command, "compiler", lambda: None)


def described(path: Path) -> ElementTree.Element:
    with zipfile.ZipFile(path) as archive:
        return ElementTree.fromstring(archive.read("modelDescription.xml"))


def unpacked(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder / "sources"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("power", "power"),
        ("flow.rate", "'flow.rate'"),
        ("laser power", "'laser power'"),
        ("7 zones", "'7 zones'"),
        ("it's", "'it\\'s'"),
        ("a\\b", "'a\\\\b'"),
        ("Größe", "Grosse"),
        ("α", "alpha"),
        ("温度", "__"),
        ("a, b", "'a_ b'"),  # commas and double quotes cut the names of a table in importers
        ('6" pipe', "'6_ pipe'"),
        ("<x> & `y`", "'<x> & _y_'"),
    ],
)
def test_names_follow_the_standard(text: str, name: str) -> None:
    assert Names().new(text) == name


def test_a_name_is_given_once() -> None:
    names = Names()
    assert [names.new(t) for t in ("status", "status", "a b", "a b")] == [
        "status",
        "status_2",
        "'a b'",
        "'a b_2'",
    ]


def test_an_output_may_be_named_as_an_input_or_as_the_status(
    tmp_path: Path, no_compiler: None
) -> None:
    model = KINDS["hat"]()
    outputs = [sna_edge.Output("a")]
    axes = [sna_edge.Axis(n, "", a.basis) for n, a in zip(("a", "time"), model.axes, strict=True)]
    files, _, checked = export(
        sna_edge.Model(axes, model.interaction, outputs, dtypes=model.dtypes), tmp_path, "m", fmi=3
    )
    names = [v.get("name") for v in described(files[0]).find("ModelVariables") or []]
    assert names == ["a", "time_2", "a_2", "status", "outside", "time"] and not checked
    assert files[1].read_text().startswith("time,a,time_2\n")


@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("stem", ["fmi2", "fmi3", "slopes", "fmu_model", "sna"])
def test_a_model_may_be_named_as_a_file_of_the_interface(stem: str, tmp_path: Path) -> None:
    files, told, compiled = export(KINDS["hat"](), tmp_path, stem)
    assert files[0].name == f"{stem}.fmu" and compiled and "compiled and run here" in told
    about = described(files[0]).find("CoSimulation")
    assert about is not None and about.get("modelIdentifier") == f"model_{stem}"


def test_names_that_xml_cannot_hold_as_they_are(tmp_path: Path, no_compiler: None) -> None:
    """The description says them, entities included; names differ where only capitals did."""
    told = ["<b>&amp;\"'", "Power", "power", "]]>", "x" * 300]
    axes = [sna_edge.spline_axis(n, "<&>", 0.0, 1.0, spans=2) for n in told]
    model = model_on(axes, outputs=[sna_edge.Output("</out>", '"')])
    for fmi in (2, 3):
        files, *_ = export(model, tmp_path, "m", fmi=fmi)
        found = list(described(files[0]).find("ModelVariables") or [])
        assert [v.get("description") for v in found[:6]] == [*told, "</out>"]
        assert [v.get("name") for v in found[1:3]] == ["Power", "power"]
        with zipfile.ZipFile(files[0]) as archive:
            page = archive.read("documentation/index.html").decode()
        assert "<b>&" not in page and "&lt;b&gt;&amp;amp;" in page


@pytest.mark.parametrize("fmi", [2, 3])
def test_levels_that_differ_in_what_xml_cannot_hold(
    fmi: int, tmp_path: Path, no_compiler: None
) -> None:
    axes = [sna_edge.level_axis("grade", ["a\x01", "a\x02", "A"])]
    files, *_ = export(model_on(axes), tmp_path, "m", fmi=fmi)
    names = [item.get("name") for item in described(files[0]).iter("Item")]
    assert names[:3] == ["a ", "a  1", "A"]


def test_units_are_in_si() -> None:
    assert base_unit("MPa") == {"kg": "1", "m": "-1", "s": "-2", "factor": "1000000.0"}
    assert base_unit("widgets") == {}


@pytest.mark.parametrize("fmi", [2, 3])
def test_what_the_artifact_says(fmi: int, tmp_path: Path, no_compiler: None) -> None:
    files, told, _ = export(KINDS["mixed axes"](), tmp_path, "plate", fmi=fmi)
    root = described(files[0])
    variables = {v.get("name"): v for v in root.find("ModelVariables") or []}
    power = variables["power"] if fmi == 3 else variables["power"][0]
    assert (power.get("unit"), power.get("min"), power.get("max"), power.get("start")) == (
        "W",
        "100.0",
        "400.0",
        "250.0",
    )
    risk = variables["risk"] if fmi == 3 else variables["risk"][0]
    assert (risk.get("min"), risk.get("max")) == ("0.0", "1.0")  # behind the logistic link
    items = [i.get("name") for i in root.iter("Item")]
    assert {"316L", "IN718", "Ti64", "out_of_domain", "extrapolate"} <= set(items)
    assert "not compiled" in told


@pytest.mark.usefixtures("compiler")
@pytest.mark.slow
def test_intervals_at_a_level(tmp_path: Path) -> None:
    """The built FMU is compared with the model at that level, and another one has other ends."""
    data = next(p for p in KEPT_1_1 if p.stem == "everything").read_bytes()
    model, told = sna_edge.from_bytes(data, backend="numpy"), {}
    for name, level in (("wide", 0.95), ("narrow", 0.5)):
        files, check, compiled = export(model, tmp_path, name, level=level)
        assert compiled and "intervals" in check
        with files[2].open() as rows:
            told[name] = [float(r[f"{model.output_names[0]}_upper"]) for r in DictReader(rows)]
    assert all(a > b for a, b in zip(told["wide"], told["narrow"], strict=True))


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        files, *_ = export(KINDS["hat"](), tmp_path / name, "m")
        digests.add(hashlib.sha256(files[0].read_bytes()).hexdigest())
    assert len(digests) == 1


def test_files_of_another_hand_stay(tmp_path: Path, no_compiler: None) -> None:
    mine = tmp_path / "m_ref.csv"
    mine.write_text("mine\n")
    with pytest.raises(InputError, match="not written by sna-edge"):
        export(KINDS["hat"](), tmp_path, "m")
    assert [p.name for p in tmp_path.iterdir()] == ["m_ref.csv"] and mine.read_text() == "mine\n"
    mine.unlink()
    export(KINDS["hat"](), tmp_path, "m")
    export(KINDS["hat"](), tmp_path, "m", fmi=3)  # an export of before is replaced
    assert described(tmp_path / "m.fmu").get("fmiVersion") == "3.0"


def test_a_folder_that_may_not_be_written_is_named_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(prefix: str, dir: Path) -> str:
        raise PermissionError(13, "Permission denied", f"{dir}/{prefix}x")

    KINDS["hat"]().save(tmp_path / "m.sna")
    monkeypatch.setattr(install.tempfile, "mkdtemp", refused)
    words = ["export", str(tmp_path / "m.sna"), "--to", "fmu", "-o", str(tmp_path)]
    assert main(words) == 2
    assert f"cannot access {tmp_path}: Permission denied" in capsys.readouterr().err


def no_file(tmp_path: Path, fault: OSError, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of an export that fails at its second file."""

    def failed(*words: object) -> None:
        raise fault

    KINDS["hat"]().save(tmp_path / "m.sna")
    monkeypatch.setattr(command, "_pack", failed)
    return main(["export", str(tmp_path / "m.sna"), "--to", "fmu", "-o", str(tmp_path / "out")])


def test_a_full_disk_is_told_with_the_folder(
    tmp_path: Path,
    no_compiler: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A write that fails names no file, and one that cannot be opened the folder it was made in."""
    assert no_file(tmp_path, OSError(28, "No space left on device"), monkeypatch) == 2
    told = capsys.readouterr().err
    assert str(tmp_path / "out") in told and ".sna-export" not in told
    words = ["export", str(tmp_path / "m.sna"), "--to", "fmu", "-o", str(tmp_path / "out")]
    monkeypatch.undo()
    monkeypatch.setattr(command, "compiler", lambda: None)
    assert main([*words, "--stem", "x" * 300]) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path / 'out' / ('x' * 300)}" in told and ".sna-export" not in told
    assert [p.name for p in tmp_path.iterdir()] == ["m.sna"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fmi", "1"], "use --fmi 2 or --fmi 3"),
        (["--level", "90%"], "interval"),
        (["--opset", "17"], "--opset cannot be combined with --to fmu"),
    ],
)
def test_refusals_leave_nothing(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "m.sna"
    KINDS["hat"]().save(model)
    assert main(["export", str(model), "--to", "fmu", "-o", str(tmp_path / "out"), *words]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()


@pytest.mark.usefixtures("compiler")
def test_a_library_that_answers_otherwise_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = library.build

    def wrong(words: list[str], folder: Path, sources: tuple[str, ...], target: Path) -> None:
        text = (folder / "sna_fmu.c").read_text()
        assert "return self->y + index" in text
        (folder / "sna_fmu.c").write_text(
            text.replace("return self->y + index", "return self->x + index")
        )
        true(words, folder, sources, target)

    monkeypatch.setattr(command, "build", wrong)
    with pytest.raises(BackendError, match="differs by"):
        export(KINDS["hat"](), tmp_path / "out", "m")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("fmi", [2, 3])
def test_sources_compile_without_a_warning(
    fmi: int, tmp_path: Path, no_compiler: None, compiler: str
) -> None:
    data = next(p for p in KEPT_1_1 if p.stem == "everything").read_bytes()
    files, *_ = export(sna_edge.from_bytes(data), tmp_path, "m", fmi=fmi)
    sources = unpacked(files[0], tmp_path / "m")
    words = [compiler, *STRICT, "-fsyntax-only", f"fmi{fmi}.c", "m.c"]
    subprocess.run(words, cwd=sources, check=True)


@pytest.mark.parametrize("fmi", [2, 3])
def test_declarations_are_those_of_the_standard(
    fmi: int, tmp_path: Path, no_compiler: None, compiler: str, root: Path
) -> None:
    """The headers of the standard, as FMPy ships them, in place of ours: every function is declared
    there, and with the same types."""
    found = sorted((root / ".venv-fmu").glob("lib/python*/site-packages/fmpy/c-code"))
    if not found:
        pytest.skip("no .venv-fmu with FMPy (make test makes it)")
    files, *_ = export(KINDS["hat"](), tmp_path, "m", fmi=fmi)
    sources = unpacked(files[0], tmp_path / "m")
    words = [
        compiler,
        "-std=c99",
        "-Wall",
        "-Werror",
        "-Wmissing-prototypes",
        "-Wstrict-prototypes",
    ]
    words += [f"-DFMI{fmi}_STANDARD_HEADERS", "-isystem", str(found[0]), "-fsyntax-only"]
    subprocess.run([*words, f"fmi{fmi}.c"], cwd=sources, check=True)


@pytest.mark.slow
def test_two_fmus_in_one_program(tmp_path: Path, no_compiler: None, compiler: str) -> None:
    """Linked statically: functions of FMI and of the library begin with the model."""
    objects = []
    for name, kind in (("first", "hat"), ("second", "cp int8")):
        files, *_ = export(KINDS[kind](), tmp_path / name, name)
        sources = unpacked(files[0], tmp_path / name / "in")
        for source in ("fmi2.c", f"{name}.c"):
            objects.append(str(tmp_path / f"{name}_{source}.o"))
            words = [compiler, "-std=c99", f"-DFMI2_FUNCTION_PREFIX={name}_", "-c", source, "-o"]
            subprocess.run([*words, objects[-1]], cwd=sources, check=True)
    (tmp_path / "both.c").write_text(
        "const char *first_fmi2GetVersion(void), *second_fmi2GetVersion(void);\n"
        "int main(void) { return first_fmi2GetVersion()[0] != second_fmi2GetVersion()[0]; }\n"
    )
    words = [compiler, str(tmp_path / "both.c"), *objects, "-o", str(tmp_path / "both")]
    subprocess.run(words, check=True)
    subprocess.run([str(tmp_path / "both")], check=True)
