"""`sna-edge export --to c`: the generated source compiles without a warning, passes its self-test,
and says where it comes from."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from errno import ENOSPC
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main
from sna_export.firmware import source
from sna_export.firmware.install import staged
from sna_export.firmware.toolchain import refusal

from ...c_library import KEPT_1_1, STRICT
from ...c_models import axes_of, cp_model, mixed, tt_model

FACE = r"""
#include "sna.hpp"
#include "my_model.h"
#include <cstdio>
int main() {
    static sna::Model<4096> model(my_model_artifact, MY_MODEL_SIZE);
    std::array<sna_real, 2> y{};
    std::array<sna_real, 10> dy{};
    std::array<sna_real, 5> x{100.0, 1.0, 30.0, 1.0, 90.0};
    if (!model) { std::puts(model.reason()); return 1; }
    if (model.value(x, y) < 0 || model.gradient(x, y, dy) < 0) return 2;
    std::printf("%.17g %.17g\n", y[0], y[1]);
}
"""
BESIDE_FACE = r"""
#include "sna.hpp"
#include "my_model.h"
#include <cstdio>
int main() {
    static sna::Model<4096> model(my_model_artifact, MY_MODEL_SIZE);
    std::array<sna_real, MY_MODEL_READINGS> readings{200, 45, 1, 0, 0, 1, 4, 30};
    std::array<sna_real, MY_MODEL_INPUTS> x{};
    std::array<sna_real, MY_MODEL_OUTPUTS> y{};
    sna_real low = 0, high = 0, p = 0;
    if (!model || model.derive(readings, x) < 0) return 1;
    const sna_status status = model.value(x, y);
    if (model.interval(1, x, 0.9, status, y, low, high) < 0) return 2;
    if (model.familiarity(x, status, y, p) < 0) return 3;
    std::printf("%.17g %.17g %.17g\n", low, high, p);
}
"""
MODELS = {
    "beside": lambda: sna_edge.from_bytes(
        next(p for p in KEPT_1_1 if p.stem == "everything").read_bytes(), backend="numpy"
    ),
    "sparse": lambda: cp_model(mixed(), rank=9, outputs=2, sparse=True, link="exp"),
    "int8": lambda: cp_model(axes_of("uniform", 3, 3), dtype="int8"),
    "train": lambda: tt_model(axes_of("graded", 2, 3)),
}


@pytest.fixture
def exported(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    compiler: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Path:
    monkeypatch.setattr(
        "sna_export.firmware.command._report", lambda *given: []
    )  # its own tests are slow enough
    model = tmp_path / "my model.sna"
    MODELS[request.param]().save(model)
    assert main(["export", str(model), "--to", "c", "-o", str(tmp_path / "out")]) == 0
    assert "all reference outputs reproduced" in capsys.readouterr().out
    return tmp_path / "out"


@pytest.mark.parametrize("exported", MODELS, indirect=True)
def test_the_folder_builds_and_passes_alone(exported: Path, compiler: str) -> None:
    subprocess.run(["make", "-s", f"CC={compiler}"], cwd=exported, check=True)
    done = subprocess.run(["./selftest"], cwd=exported, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "my_model: ok")
    arduino = exported / "arduino"
    assert (arduino / "my_model" / "library.properties").exists() and (
        arduino / "sna" / "src" / "sna.c"
    ).exists()
    command = [
        compiler,
        *STRICT,
        "-O1",
        f"-I{arduino / 'sna' / 'src'}",
        "-c",
        "my_model.c",
        "-o",
        str(exported / "my_model.o"),
    ]
    subprocess.run(command, cwd=arduino / "my_model" / "src", check=True)


@pytest.mark.parametrize("exported", ["int8"], indirect=True)
def test_a_changed_byte_fails_the_self_test(exported: Path, compiler: str) -> None:
    generated = exported / "my_model.c"
    head, _, tail = generated.read_text().partition("SIZE] = {\n")
    numbers = tail.split(",")
    numbers[300] = str((int(numbers[300]) + 1) % 256)
    generated.write_text(head + "SIZE] = {\n" + ",".join(numbers))
    subprocess.run(["make", "-s", f"CC={compiler}"], cwd=exported, check=True)
    done = subprocess.run(["./selftest"], cwd=exported, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "corrupt bad_checksum" in done.stdout


@pytest.mark.parametrize("exported", ["int8"], indirect=True)
def test_another_library_version_is_refused(exported: Path, compiler: str) -> None:
    header = exported / "sna.h"
    header.write_text(
        header.read_text().replace("#define SNA_LIBRARY_MINOR 1", "#define SNA_LIBRARY_MINOR 0")
    )
    done = subprocess.run(
        ["make", "-s", f"CC={compiler}"], cwd=exported, capture_output=True, text=True, check=False
    )
    assert done.returncode and "export the model again" in done.stderr


@pytest.mark.parametrize("exported", ["sparse"], indirect=True)
def test_cpp_face(exported: Path, tmp_path: Path) -> None:
    program = tmp_path / "face.cpp"
    program.write_text(FACE)
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", f"-I{exported}", str(program)]
    objects = []
    for name in ("sna.c", "my_model.c"):
        objects.append(str(tmp_path / f"{name}.o"))
        subprocess.run(
            ["cc", "-O1", f"-I{exported}", "-c", str(exported / name), "-o", objects[-1]],
            check=True,
        )
    subprocess.run([*command, *objects, "-o", str(tmp_path / "face")], check=True)
    out = subprocess.run(
        [str(tmp_path / "face")], capture_output=True, text=True, check=True
    ).stdout
    model = sna_edge.load(tmp_path / "my model.sna", backend="numpy")
    wanted = model.value(np.array([100.0, 1.0, 30.0, 1.0, 90.0]), level_index=True)
    np.testing.assert_allclose([float(v) for v in out.split()], wanted, rtol=1e-12)


@pytest.mark.parametrize("exported", ["sparse"], indirect=True)
@pytest.mark.parametrize(("standard", "refused"), [("11", True), ("14", True), ("17", False)])
def test_the_cpp_face_says_what_it_needs(standard: str, refused: bool, exported: Path) -> None:
    command = ["g++", f"-std=c++{standard}", "-fsyntax-only", "-x", "c++", "sna.hpp"]
    done = subprocess.run(command, cwd=exported, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == refused and ("needs C++17" in done.stderr) == refused


@pytest.mark.parametrize("exported", ["beside"], indirect=True)
def test_the_self_test_covers_what_stands_beside_the_values(exported: Path, compiler: str) -> None:
    generated = exported / "my_model.c"
    text = generated.read_text()
    for table, number in (("interval_low[8][3] = {\n    {", 1), ("familiarity_p[8] = {", 2)):
        wrong = text.replace(table + "(sna_real)", table + f"{number} + (sna_real)")
        assert wrong != text
        generated.write_text(wrong)
        subprocess.run(["make", "-s", f"CC={compiler}"], cwd=exported, check=True)
        done = subprocess.run(["./selftest"], cwd=exported, capture_output=True, check=False)
        assert done.returncode == 1


@pytest.mark.parametrize("exported", ["beside"], indirect=True)
def test_cpp_face_of_what_stands_beside_the_values(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "face.cpp").write_text(BESIDE_FACE)
    for name in ("sna", "my_model"):
        command = ["cc", "-O1", "-c", str(exported / f"{name}.c"), "-o", f"{name}.o"]
        subprocess.run(command, cwd=tmp_path, check=True)
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", f"-I{exported}", "face.cpp"]
    subprocess.run([*command, "sna.o", "my_model.o", "-o", "face"], cwd=tmp_path, check=True)
    out = subprocess.run([str(tmp_path / "face")], capture_output=True, text=True, check=True)
    model = sna_edge.load(tmp_path / "my model.sna", backend="numpy")
    readings = np.array([200.0, 45, 1, 0, 0, 1, 4, 30])
    x = model.derived(readings, level_index=True).x
    interval = model.interval_at(x, 0.9, level_index=True)
    wanted = [
        interval.lower[0, 1],
        interval.upper[0, 1],
        model.familiarity(x, level_index=True).p[0],
    ]
    np.testing.assert_allclose([float(v) for v in out.stdout.split()], wanted, rtol=1e-10)


@pytest.mark.parametrize("value", [1e-30, 0.1, 1 / 3, 123456.789, -7.0, 3.4e38, 1.17549435e-38])
def test_numbers_come_back_the_same(value: float) -> None:
    text = source.number(np.float64(value))
    assert text.startswith("(sna_real)") and float(text.removeprefix("(sna_real)")) == value


def test_names_cannot_break_out_of_a_comment() -> None:
    assert "*/" not in source.comment("a */ int x; /*")
    assert source.identifier("7 zones*/") == "model_7_zones"


ZEPHYR = """cmake_minimum_required(VERSION 3.18)
project(application C)
set(CMAKE_C_STANDARD 99)
function(zephyr_include_directories)
  include_directories(${ARGV})
endfunction()
function(zephyr_library_named name)
  add_library(${name} STATIC)
  set(LIBRARY ${name} PARENT_SCOPE)
  set_property(GLOBAL APPEND PROPERTY LIBRARIES ${name})
endfunction()
function(zephyr_library_sources)
  target_sources(${LIBRARY} PRIVATE ${ARGV})
endfunction()
include(${CMAKE_CURRENT_SOURCE_DIR}/config.cmake)
include_directories(${MODULES}/my_model/src ${MODULES}/sna/src)
add_subdirectory(${MODULES}/my_model model)
add_subdirectory(${MODULES}/sna core)
get_property(libraries GLOBAL PROPERTY LIBRARIES)
add_executable(selftest selftest.c)
target_link_libraries(selftest ${libraries} ${libraries})
"""


@pytest.mark.parametrize("single", [False, True], ids=["double", "float"])
@pytest.mark.parametrize("exported", ["sparse", "int8"], indirect=True)
def test_zephyr_module(exported: Path, single: bool, tmp_path: Path) -> None:
    """The module's CMakeLists.txt with Zephyr's functions replaced by the CMake ones they wrap;
    options as its Kconfig names them."""
    if not shutil.which("cmake"):
        pytest.skip("no cmake here")
    module, core = exported / "zephyr" / "my_model", exported / "zephyr" / "sna"
    kconfig = (module / "Kconfig").read_text()
    selected = re.findall(r"^\tselect (\w+)$", kconfig, re.M)
    known = re.findall(r"^config (\w+)$", (core / "Kconfig").read_text(), re.M)
    assert (
        re.findall(r"^config (\w+)$", kconfig, re.M) == ["SNA_MY_MODEL"]
        and selected[0] == "SNACORE"
        and set(selected) <= set(known)
    )
    assert set(re.findall(r"CONFIG_(\w+)", (module / "CMakeLists.txt").read_text())) == {
        "SNA_MY_MODEL"
    }
    assert set(re.findall(r"CONFIG_(\w+)", (core / "src" / "sna_options.h").read_text())) <= set(
        known
    )
    names = [
        line
        for path in (module, core)
        for line in (path / "zephyr" / "module.yml").read_text().splitlines()
        if "name" in line
    ]
    assert names == ["name: sna_my_model", "name: sna"]
    application = tmp_path / "application"
    application.mkdir()
    on = ["SNA_MY_MODEL", *selected, f"SNACORE_{'FLOAT' if single else 'DOUBLE'}"]
    settings = [f"set(CONFIG_{o} y)\nadd_compile_definitions(CONFIG_{o}=1)" for o in on] + [
        f"set(MODULES {module.parent})"
    ]
    (application / "config.cmake").write_text("\n".join(settings) + "\n")
    (application / "CMakeLists.txt").write_text(ZEPHYR)
    shutil.copy(exported / "selftest.c", application)
    for command in (["cmake", "-S", ".", "-B", "build"], ["cmake", "--build", "build"]):
        done = subprocess.run(command, cwd=application, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        ["./build/selftest"], cwd=application, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "my_model: ok")


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (
            "/usr/bin/ld: final link failed: {full}\ncollect2: error: ld returned 1 exit status",
            None,
        ),
        ("a.c:1: fatal error: error writing to /tmp/ccA.s: {full}", "/tmp/ccA.s"),
    ],
)
def test_a_compiler_on_a_full_disk_refuses_no_source(told: str, named: str | None) -> None:
    with pytest.raises(OSError) as found:
        refusal(told.format(full=os.strerror(ENOSPC)))
    assert (found.value.errno, found.value.filename) == (ENOSPC, named)


def test_a_copy_that_fails_names_the_file_that_was_to_be(tmp_path: Path) -> None:
    with pytest.raises(OSError) as found, staged(tmp_path) as scratch:
        raise OSError(ENOSPC, "full", "/library/sna.h", None, str(scratch / "sna.h"))
    assert found.value.filename == str(tmp_path / "sna.h") and not any(tmp_path.iterdir())
