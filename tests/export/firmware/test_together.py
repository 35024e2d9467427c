"""Several models in one firmware: one library beside them, options that fit all, and what Arduino,
Zephyr and -o ask for."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from sna_edge import Model
from sna_edge.cli import main
from sna_edge.errors import InputError
from sna_export.firmware import command, export_c

from ...c_models import axes_of, cp_model, mixed, model_of, tree, tt_model

MODELS: dict[str, Callable[[], Model]] = {
    "sparse": lambda: cp_model(mixed(), rank=9, outputs=2, sparse=True, link="exp"),
    "bytes": lambda: cp_model(axes_of("uniform", 3, 3), dtype="int8"),
    "half": lambda: cp_model(axes_of("uniform", 2, 2), dtype="float16"),
    "train": lambda: tt_model(axes_of("graded", 2, 3)),
    "plain": lambda: cp_model(axes_of("uniform", 3, 2), rank=8),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_report", lambda *given: [])


@pytest.mark.parametrize("pair", list(combinations(MODELS, 2)), ids="-".join)
def test_two_models_in_one_program(pair: tuple[str, str], compiler: str, tmp_path: Path) -> None:
    for name in pair:
        export_c(MODELS[name](), tmp_path, name)
    if pair == ("sparse", "bytes"):
        subprocess.run(["make", "-s", f"CC={compiler}"], cwd=tmp_path, check=True)
        said = subprocess.run(
            ["./selftest"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (said.returncode, said.stdout.split()) == (0, ["bytes:", "ok", "sparse:", "ok"])
    dropped = set(
        re.findall(r"^#define SNA_NO_(\w+)$", (tmp_path / "sna_options.h").read_text(), re.M)
    )
    needed = {
        "sparse": {"LINK"},
        "bytes": {"INT", "FIXED"},
        "half": {"F16"},
        "train": {"TT"},
        "plain": set(),
    }
    assert not any(
        "SNA_NO_BOUND" in path.read_text() for path in tmp_path.rglob("sna_options.h")
    )  # a file may be replaced later
    every = {"TT", "F16", "INT", "LINK", "FIXED", "COMPANIONS"}
    assert dropped == every - needed[pair[0]] - needed[pair[1]]


def test_the_order_of_exports_does_not_matter(tmp_path: Path) -> None:
    for folder, names in (
        ("a", ["bytes", "train"]),
        ("b", ["train", "bytes"]),
        ("c", ["train", "bytes", "train"]),
    ):
        for name in names:
            export_c(MODELS[name](), tmp_path / folder, name)
    assert tree(tmp_path / "a") == tree(tmp_path / "b") == tree(tmp_path / "c")


def test_names_of_two_headers_that_meet_are_refused(tmp_path: Path) -> None:
    """Model m has an output x and model m_out an input x: both are M_OUT_X."""
    export_c(model_of(["a"], ("x",)), tmp_path, "m")
    before = tree(tmp_path)
    with pytest.raises(InputError, match="M_OUT_X would mean"):
        export_c(model_of(["x"], ("a",)), tmp_path, "m_out")
    assert tree(tmp_path) == before


def test_a_library_without_what_a_model_needs_does_not_compile(
    compiler: str, tmp_path: Path
) -> None:
    export_c(MODELS["train"](), tmp_path, "train")
    done = subprocess.run(
        [compiler, "-DSNA_NO_TT", "-c", "train.c", "-o", "/dev/null"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode and "leaves out what this model needs" in done.stderr


def test_arduino_libraries_link_together(compiler: str, tmp_path: Path) -> None:
    """As the IDE does it: every library's src is on the path, every .c in them is compiled."""
    for name in ("sparse", "bytes", "train"):
        export_c(MODELS[name](), tmp_path / name, name)  # each into a folder of its own
    libraries = [tmp_path / "sparse" / "arduino" / "sna"] + [
        tmp_path / n / "arduino" / n for n in ("sparse", "bytes", "train")
    ]
    assert (
        len(
            {
                (tmp_path / n / "arduino" / "sna" / "src" / "sna_options.h").read_text()
                for n in ("sparse", "bytes", "train")
            }
        )
        == 1
    )
    main_c = tmp_path / "sketch.c"
    calls = "".join(
        f"f |= {n}_self_test(&m, work, sizeof work);" for n in ("sparse", "bytes", "train")
    )
    includes = "".join(f'#include "{n}.h"\n' for n in ("sparse", "bytes", "train"))
    main_c.write_text(
        f"{includes}SNA_ALIGN(8) static unsigned char work[4096];\nint main(void) {{ int f = 0;"
        f" sna_model m; {calls} return f; }}\n"
    )
    sources = [str(p) for lib in libraries for p in (lib / "src").glob("*.c")]
    assert len(sources) == 4
    done = subprocess.run(
        [
            compiler,
            *(f"-I{lib / 'src'}" for lib in libraries),
            str(main_c),
            *sources,
            "-o",
            str(tmp_path / "p"),
        ],
        check=False,
    )
    assert (
        done.returncode == 0 and subprocess.run([str(tmp_path / "p")], check=False).returncode == 0
    )


CATEGORIES = {
    "Display",
    "Communication",
    "Signal Input/Output",
    "Sensors",
    "Device Control",
    "Timing",
    "Data Storage",
    "Data Processing",
    "Other",
}


@pytest.mark.parametrize(
    "stem", ["plain", "arduino thing", "My Model 2", "7 zones", "x" * 200, "温度", "library", "con"]
)
def test_arduino_rules(stem: str, tmp_path: Path) -> None:
    """What arduino-lint asks of a library ("specification"): names, fields, folders, headers."""
    export_c(model_of(["a"]), tmp_path, stem)
    roots = list((tmp_path / "arduino").iterdir())
    assert len(roots) == 2
    for root in roots:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,62}", root.name)
        fields = dict(
            line.split("=", 1) for line in (root / "library.properties").read_text().splitlines()
        )
        assert fields["name"] == root.name and not fields["name"].lower().startswith("arduino")
        assert (
            re.fullmatch(r"\d+\.\d+\.\d+", fields["version"]) and fields["category"] in CATEGORIES
        )
        assert all(
            fields[k] for k in ("author", "maintainer", "sentence", "paragraph", "architectures")
        ) and fields["url"].startswith("https://")
        assert (
            "depends" not in fields
            and (root / "src" / fields["includes"]).exists()
            and fields["includes"] == f"{root.name}.h"
        )
        assert (root / "README.md").exists() and not list(root.glob("*.c"))
        assert all(sketch.stem == sketch.parent.name for sketch in root.rglob("*.ino"))
        assert not any(" " in p.name for p in root.rglob("*"))


def run(capsys: pytest.CaptureFixture[str], *words: Any) -> tuple[int, str]:
    code = main(["export", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    MODELS["plain"]().save(tmp_path / "m.sna")
    return tmp_path / "m.sna"


FILES = {  # --to, -o, what is said or written
    "c": ("c", "fw/named.c", "fw/named.c"),
    "header": ("c", "fw/named.h", "fw/named.h"),
    "capitals": ("c", "fw/Named.c", "use -o"),
    "keyword of a header": ("c", "fw/string.c", "use -o"),
    "onnx for c": ("c", "fw/named.onnx", "use --to onnx"),
    "c for tflite": ("tflite", "fw/named.c", "use --to c"),
    "tflite for onnx": ("onnx", "fw/named.tflite", "use --to tflite"),
    "folder of a file's name": ("c", "taken.c", "is a folder"),
    "folder of a file's name, tflite": ("tflite", "taken.tflite", "is a folder"),
    "folder of a file's name, onnx": ("onnx", "taken.onnx", "is a folder"),
    "a file as the folder": ("c", "m.sna", "is a file"),
    "folder with a point": ("c", "fw/v1.2", "fw/v1.2/m.c"),
    "tflite": ("tflite", "fw/named.tflite", "fw/named.tflite"),
    "onnx": ("onnx", "fw/named.onnx", "fw/named.onnx"),
}


@pytest.mark.parametrize("case", FILES)
def test_output_names_a_file(
    case: str, saved: Path, compiler: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target, output, wanted = FILES[case]
    if target != "c":
        pytest.importorskip(
            "onnx" if target == "onnx" else "ai_edge_litert", reason="no exporter here"
        )
    for name in ("taken.c", "taken.tflite", "taken.onnx"):
        (tmp_path / name).mkdir()
    code, said = run(capsys, saved, "--to", target, "-o", tmp_path / output)
    if "/" in wanted:
        assert code == 0, said
        assert (tmp_path / wanted).is_file()
    else:
        assert code == 2 and wanted in said and not (tmp_path / "fw").exists()


def test_output_file_and_another_stem(
    saved: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, said = run(capsys, saved, "--to", "c", "-o", tmp_path / "a.c", "--stem", "b")
    assert code == 2 and "are two different names" in said


def test_without_a_compiler_it_says_so(
    saved: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "which", lambda name: None)
    code, said = run(capsys, saved, "--to", "c", "-o", tmp_path / "fw", "--json")
    assert (
        code == 3
        and '"unchecked"' in said
        and "not compiled" in said
        and (tmp_path / "fw" / "m.c").exists()
    )
