"""Names of users in generated C: two that would become one, macros, keywords, headers, devices,
comments; every header compiles."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sna_edge import Model
from sna_edge.errors import BackendError, InputError
from sna_export.firmware import command, export_c, names, source

from ...c_models import model_of, tree

CLEAN = ["-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-pedantic", "-Werror", "-O0"]
LANGUAGES = {"c99": ["-std=c99"], "c11": ["-std=c11"], "c++17": ["-x", "c++", "-std=c++17"]}
INPUTS = {
    "case": ["t", "T"],
    "signs": ["a b", "a-b", "a_b", "a.b"],
    "a number that is taken": ["a b", "a-b", "a_b_2"],
    "no ASCII letters": ["温度", "圧力"],
    "Greek and accents": ["θ", "Θ", "Größe", "Grösse"],
    "keywords": ["int", "class", "and", "namespace", "_Bool", "for"],
    "macros of the header": [
        "size",
        "inputs",
        "outputs",
        "work bytes",
        "h",
        "has_integer_path",
        "work_grad_bytes",
        "roots_steps",
    ],
    "names of outputs": ["out y", "OUT_Y", "in out y", "y"],
    "macros of C": ["NULL", "EOF", "INT_MAX", "assert", "errno", "NAN"],
    "digits first": ["1st", "2nd", "1_st"],
    "long": ["x" * 300, "x" * 299 + "y", "x" * 300 + " "],
    "comments": ["a */ int b; /*", "/* a", "*//*", "**//"],
    "splices and trigraphs": ["a\\", "b ??/", "c ?" + "?" + "?/", "d\\\nint e"],
    "other scripts": ["\u202egnirts", "a\u0000b", "tab\there", "é" * 90],
    "empty": [" ", "_", "--"],
}
UNITS = {
    "comments": "*/ int c; /*",
    "splices and trigraphs": "m\\",
    "other scripts": "°C \u2028µm",
    "empty": "??/",
}
STEMS = {
    "sna": "model_sna", "SNA": "model_sna", "sna_options": "model_sna_options",
    "selftest": "model_selftest",
    "Makefile": "model_makefile",
    "math": "model_math", "string": "model_string", "stdio": "model_stdio", "con": "model_con",
    "LPT1": "model_lpt1", "aux": "model_aux",
    "int": "int", "class": "class", "7 zones*/": "model_7_zones", "my model": "my_model",
    "a__b": "a_b", "_x_": "x",
    "Arduino": "model_arduino",
    "sna_max": "model_sna_max", "été": "ete", "μ-law": "mu_law", "strength8": "strength8",
}  # fmt: skip


def generated(model: Model, stem: str, folder: Path) -> Path:
    made = source.generate(model.to_bytes(), model, stem)
    name = names.identifier(stem)
    (folder / f"{name}.h").write_text(made.header, encoding="utf-8")
    (folder / f"{name}.c").write_text(made.source, encoding="utf-8")
    return folder / f"{name}.c"


@pytest.mark.parametrize("kind", INPUTS)
def test_every_header_compiles_without_a_warning(kind: str, compiler: str, tmp_path: Path) -> None:
    inputs = INPUTS[kind]
    model = model_of(inputs, unit=UNITS.get(kind, "m"))
    path = generated(model, f"m {kind}", tmp_path)
    first, second = source.names_of(model, "M")
    assert len(set(first)) == len(inputs) and len(set(second)) == 3
    assert not {f"OUT_{name}" for name in second} & set(first)
    assert (first, second) == source.names_of(model_of(inputs), "M")
    for options in LANGUAGES.values():
        command_line = [
            compiler,
            *options,
            *CLEAN,
            f"-I{Path(__file__).parents[3] / 'firmware_bindings'}",
            "-c",
            str(path),
            "-o",
            "/dev/null",
        ]
        done = subprocess.run(command_line, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:1500]


def test_plain_names_stay_as_they_are() -> None:
    assert source.names_of(model_of(["power", "speed_2", "T"], ("width", "Depth")), "M") == (
        ["POWER", "SPEED_2", "T"],
        ["WIDTH", "DEPTH"],
    )
    assert source.names_of(model_of(["t", "T", "温度", "size"]), "M")[0] == [
        "T",
        "T_2",
        "INPUT_2",
        "IN_SIZE",
    ]


HEADERS = (
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdarg"
    " stdbool stddef stdint stdio stdlib string tgmath time wchar wctype"
)


def preprocessed(compiler: str, *words: str) -> str:
    """What the compiler says of a program that includes all headers of C99."""
    program = "".join(f"#include <{name}.h>\n" for name in HEADERS.split())
    command_line = [compiler, *words, "-E", "-x", "c", "-"]
    return subprocess.run(
        command_line, input=program, capture_output=True, text=True, check=True
    ).stdout


def test_no_stem_is_a_header_that_c_includes(compiler: str) -> None:
    """The folder of the models is searched before those of the system: a features.h in it stands in
    for that of glibc."""
    files = re.findall(r"/include/(?:[\w-]+/)?(\w+)\.h\b", preprocessed(compiler, "-M"))
    stems = {name for name in files if names.word(name) == name}
    assert {"stdio", "math"} < stems
    assert {name for name in stems if names.identifier(name) == name} == set()


@pytest.mark.parametrize(("standard", "family"), [("-std=c11", ""), ("-D_DEFAULT_SOURCE", "M_")])
def test_no_enumerator_is_a_macro_of_c(standard: str, family: str, compiler: str) -> None:
    """SIZE_MAX of a model `size` with an input `max`, and every other macro that could be one."""
    told = re.findall(r"^#define (\w+)", preprocessed(compiler, standard, "-dM"), re.M)
    capitals = re.compile(rf"{family}[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
    macros = {name for name in told if capitals.fullmatch(name)}
    assert {"M_PI"} < macros if family else {"SIZE_MAX", "INT8_MAX", "SEEK_SET"} < macros
    met = set()
    for name in macros:
        for cut in (found.start() for found in re.finditer("_", name)):
            prefix, rest = name[:cut], name[cut + 1 :]
            if names.identifier(prefix) == prefix.lower():
                made = names.enumerators([rest], set(names.OWN), "INPUT_", prefix)
                met |= {f"{prefix}_{made[0]}"} & macros
    assert met == set()


@pytest.mark.parametrize("stem", STEMS)
def test_stems_meet_no_other_file(stem: str) -> None:
    assert names.identifier(stem) == STEMS[stem]


@pytest.mark.parametrize("stem", ["温度", "圧力", "***", "x" * 400, "\udcff\udcfe", ""])
def test_stems_without_letters_are_told_apart(stem: str) -> None:
    name = names.identifier(stem)
    assert (
        name.isascii()
        and name.isidentifier()
        and len(name) <= 60
        and name == names.identifier(stem)
    )
    assert name != names.identifier(stem + "力")


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_report", lambda *given: [])


@pytest.mark.parametrize("inputs", [["a*/", "a"], ["温度", "t"], ["int", "INT"], ["size", "SIZE"]])
def test_awkward_names_are_built_and_run(
    inputs: list[str], compiler: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick(monkeypatch)
    _, said, checked = export_c(model_of(inputs), tmp_path / "out", "string")
    assert checked and "begin with model_string" in said
    assert (tmp_path / "out" / "model_string.c").exists() and not (
        tmp_path / "out" / "string.h"
    ).exists()


def broken_source(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = command.generate
    monkeypatch.setattr(
        command,
        "generate",
        lambda *a: source.Sources(whole(*a).header, whole(*a).source + "int int;\n"),
    )


def failing_test(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = command.generate

    def swapped(*a: Any) -> source.Sources:
        return source.Sources(
            whole(*a).header,
            whole(*a).source.replace("return status;\n}", "return SNA_CORRUPT;\n}"),
        )

    monkeypatch.setattr(command, "generate", swapped)


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    from sna_export.firmware import install

    moved: list[Any] = []

    def replace(a: Any, b: Any) -> None:
        moved.append(a)
        if len(moved) == 9:
            monkeypatch.undo()
            raise OSError(28, "No space left on device")
        Path(a).replace(b)

    monkeypatch.setattr(install.os, "replace", replace)


@pytest.mark.parametrize(
    "fault", [broken_source, failing_test, full_disk], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("before", [None, "one"])
def test_all_or_nothing(
    fault: Any, before: str | None, compiler: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A compiler that refuses, a self-test that fails, a full disk: no file is left, and those of
    before are as they were."""
    quick(monkeypatch)
    (tmp_path / "notes.txt").write_text("mine")
    if before:
        export_c(model_of(["a"]), tmp_path / "out", before)
    kept = tree(tmp_path)
    fault(monkeypatch)
    with pytest.raises((BackendError, OSError)):
        export_c(model_of(["a", "b"]), tmp_path / "out", "one")
    assert tree(tmp_path) == kept
    assert (tmp_path / "out").exists() == bool(before)


@pytest.mark.parametrize(
    "name",
    ["Makefile", "one.c", "one.h", "selftest.c", "sna_options.h", "arduino/one/library.properties"],
)
def test_files_of_another_hand_are_not_written_over(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quick(monkeypatch)
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("all:\n\techo mine\n")
    with pytest.raises(InputError, match="was not written by sna-edge"):
        export_c(model_of(["a"]), tmp_path, "one")
    assert tree(tmp_path) == {name: b"all:\n\techo mine\n"}
