"""The folder of `--to c` in build systems: CMake builds and installs it, find_package and
pkg-config find it; ESP-IDF is a stand-in, manifests are read. C++ takes spans."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_export.firmware import command, export_c

from ...c_library import STRICT
from ...c_models import axes_of, cp_model, mixed

X = [100.0, 1.0, 30.0, 1.0, 90.0]
PROGRAM = """
#include "my_model.h"
#include "other.h"
#include <stdio.h>
int main(void) {
    static sna_model model;
    SNA_ALIGN(8) static unsigned char work[MY_MODEL_WORK_BYTES], more[OTHER_WORK_BYTES];
    sna_real x[MY_MODEL_INPUTS] = {100, 1, 30, 1, 90}, y[MY_MODEL_OUTPUTS];
    if (other_self_test(&model, more, sizeof more) != SNA_OK) return 1;
    if (my_model_self_test(&model, work, sizeof work) != SNA_OK) return 2;
    if (sna_eval(&model, 0, x, y, work, sizeof work) < 0) return 3;
    printf("%.17g %.17g\\n", (double)y[0], (double)y[1]);
    return 0;
}
"""
CONSUMER = """cmake_minimum_required(VERSION 3.15)
project(consumer C)
find_package(sna 0.1 REQUIRED)
add_executable(program program.c)
target_link_libraries(program PRIVATE sna::my_model sna::other)
"""
ESPRESSIF = """cmake_minimum_required(VERSION 3.15)
project(esp C)
set(ESP_PLATFORM 1)
function(idf_component_register)
  cmake_parse_arguments(given "" "" "SRCS;INCLUDE_DIRS" ${ARGN})
  add_library(component STATIC ${given_SRCS})
  target_include_directories(component PUBLIC ${given_INCLUDE_DIRS})
endfunction()
add_subdirectory(${FOLDER} component)
add_executable(program program.c)
target_link_libraries(program PRIVATE component)
"""
SPANS = """
#include "sna.hpp"
#include "my_model.h"
#include <cstdio>
#include <vector>
int main() {
    static sna::Model<4096> model(my_model_artifact, MY_MODEL_SIZE);
    const std::vector<sna_real> x{100, 1, 30, 1, 90};
    std::vector<sna_real> y(2), dy(10), two(x), ys(4);
    sna_real plain[2], all[2 * MY_MODEL_INPUTS];
    signed char rows[2];
    two.insert(two.end(), x.begin(), x.end());
    if (model.value(x, y) < 0 || model.gradient(x, y, dy) < 0) return 1;
    if (model.value(x, plain) < 0 || plain[0] != y[0]) return 2;
    if (model.values(two, ys, rows) < 0 || ys[3] != y[1] || rows[1] < 0) return 3;
    if (model.value(sna::span<const sna_real>(two.data() + 5, 5), plain) < 0) return 4;
    if (model.value(two, y) != SNA_BAD_INPUT) return 5;
    if (model.values(x, ys, rows) != SNA_BAD_INPUT) return 5;
    for (unsigned i = 0; i < 2 * MY_MODEL_INPUTS; i++) all[i] = two[i];
    if (model.values(all, ys, rows) < 0 || ys[2] != y[0]) return 6;
    std::printf("%.17g %.17g\\n", y[0], y[1]);
}
"""
BARE = """set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard")
"""
TWICE = """cmake_minimum_required(VERSION 3.15)
project(twice CXX)
add_subdirectory(${FOLDER} one)
add_subdirectory(${FOLDER} two)
"""
ARDUINO = """
#include <cstdio>
struct Port {
    void begin(long) {}
    explicit operator bool() const { return true; }
    void println(const char *text) { std::puts(text); }
};
static Port Serial;
"""
SKETCH = """
#include "Arduino.h"
#include "SelfTest.ino"
int main() { setup(); loop(); }
"""


def first() -> sna_edge.Model:
    return cp_model(mixed(), rank=9, outputs=2, sparse=True, link="exp")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models beside one library."""
    place = tmp_path_factory.mktemp("folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "_report", lambda *given: [])
        export_c(cp_model(axes_of("uniform", 3, 3), dtype="int8"), place, "other")
        export_c(first(), place, "my model")
    return place


@pytest.fixture(scope="module", params=["static", "shared"])
def installed(
    request: pytest.FixtureRequest,
    folder: Path,
    compiler: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """What `cmake --install` makes of the folder, after its self-test, where names have spaces."""
    if not shutil.which("cmake"):
        pytest.skip("no cmake here")
    place = tmp_path_factory.mktemp("a Größe")
    build, prefix = place / "b u", place / "pre fix"
    configure = ["cmake", "-S", folder, "-B", build, f"-DCMAKE_C_FLAGS={' '.join(STRICT[1:])}"]
    if request.param == "shared":
        configure += ["-DBUILD_SHARED_LIBS=ON", *(["-GNinja"] if shutil.which("ninja") else [])]
    for words in (
        configure,
        ["cmake", "--build", build],
        ["ctest", "--test-dir", build, "--output-on-failure"],
        ["cmake", "--install", build, "--prefix", prefix],
    ):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    return prefix


def asked(program: Path) -> None:
    """The program answers as the model does."""
    done = subprocess.run([str(program)], capture_output=True, text=True, check=True)
    model = sna_edge.from_bytes(first().to_bytes(), backend="numpy")
    wanted = model.value(np.array(X), level_index=True)
    np.testing.assert_allclose([float(v) for v in done.stdout.split()], wanted, rtol=1e-12)


def built(text: str, place: Path, *words: str) -> Path:
    """The program of a CMake project."""
    (place / "CMakeLists.txt").write_text(text)
    (place / "program.c").write_text(PROGRAM)
    for line in (
        ["cmake", "-S", place, "-B", place / "b", *words],
        ["cmake", "--build", place / "b"],
    ):
        done = subprocess.run(list(map(str, line)), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    return place / "b" / "program"


def test_find_package(installed: Path, tmp_path: Path) -> None:
    asked(built(CONSUMER, tmp_path, f"-DCMAKE_PREFIX_PATH={installed}"))


def test_shared_libraries_find_their_own(installed: Path) -> None:
    """The library of a model leads to the one that evaluates it."""
    for library in (installed / "lib").glob("libsna_*.so"):
        load = f"import ctypes; ctypes.CDLL({str(library)!r})"
        subprocess.run([sys.executable, "-c", load], check=True)


def test_pkg_config_in_another_place(installed: Path, tmp_path: Path, compiler: str) -> None:
    """The installed tree may move: its files say where they are relative to themselves."""
    if not shutil.which("pkg-config"):
        pytest.skip("no pkg-config here")
    moved = shutil.copytree(installed, tmp_path / "moved")
    where = {**os.environ, "PKG_CONFIG_PATH": str(moved / "lib" / "pkgconfig")}
    words = ["pkg-config", "--cflags", "--libs", "sna_my_model", "sna_other"]
    flags = subprocess.run(words, env=where, capture_output=True, text=True, check=True).stdout
    assert str(moved) in str(Path(flags.split()[0][2:]).resolve())
    (tmp_path / "program.c").write_text(PROGRAM)
    words = [compiler, "program.c", *flags.split(), "-o", "program"]
    words.append(f"-Wl,-rpath,{moved / 'lib'}")
    subprocess.run(words, cwd=tmp_path, check=True)
    asked(tmp_path / "program")


def test_a_core_without_a_system(folder: Path, tmp_path: Path) -> None:
    """Its libraries are built; there is nothing to run a self-test on."""
    if not (shutil.which("cmake") and shutil.which("arm-none-eabi-gcc")):
        pytest.skip("no cmake or no arm-none-eabi-gcc here")
    (tmp_path / "arm.cmake").write_text(BARE)
    chain = f"-DCMAKE_TOOLCHAIN_FILE={tmp_path / 'arm.cmake'}"
    for words in (["-S", folder, "-B", tmp_path / "b", chain], ["--build", tmp_path / "b"]):
        done = subprocess.run(["cmake", *map(str, words)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    assert (tmp_path / "b" / "libsna_my_model.a").exists()


@pytest.mark.usefixtures("compiler")
def test_one_library_serves_all_models_of_a_build(folder: Path, tmp_path: Path) -> None:
    if not shutil.which("cmake"):
        pytest.skip("no cmake here")
    (tmp_path / "CMakeLists.txt").write_text(TWICE)
    words = ["cmake", "-S", tmp_path, "-B", tmp_path / "b", f"-DFOLDER={folder}"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert done.returncode and "into one folder" in " ".join(done.stderr.split())


@pytest.mark.usefixtures("compiler")
def test_esp_idf_registers_the_sources(folder: Path, tmp_path: Path) -> None:
    """Its CMake function replaced by what it does; IDF itself is not here."""
    if not shutil.which("cmake"):
        pytest.skip("no cmake here")
    asked(built(ESPRESSIF, tmp_path, f"-DFOLDER={folder}"))


def test_manifests(folder: Path) -> None:
    yaml = pytest.importorskip("yaml")
    component = yaml.safe_load((folder / "idf_component.yml").read_text())
    assert re.fullmatch(r"\d+\.\d+\.\d+", component["version"])
    assert component["dependencies"] == {"idf": ">=5.0"}
    library = json.loads((folder / "library.json").read_text())
    named = {*library["headers"], *(s[2:-1] for s in library["build"]["srcFilter"] if s[0] == "+")}
    assert named == {"sna.h", "my_model.h", "other.h", "sna.c", "my_model.c", "other.c"}
    assert all((folder / name).exists() for name in named)
    for module in (folder / "zephyr").glob("*/zephyr/module.yml"):
        assert yaml.safe_load(module.read_text())["build"] == {"cmake": ".", "kconfig": "Kconfig"}


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
def test_spans(standard: str, folder: Path, tmp_path: Path) -> None:
    if not shutil.which("g++"):
        pytest.skip("no C++ compiler here")
    (tmp_path / "face.cpp").write_text(SPANS)
    for name in ("sna", "my_model"):
        words = ["cc", "-O1", "-c", str(folder / f"{name}.c"), "-o", f"{name}.o"]
        subprocess.run(words, cwd=tmp_path, check=True)
    words = ["g++", f"-std={standard}", "-Wall", "-Wextra", "-Werror", f"-I{folder}", "face.cpp"]
    subprocess.run([*words, "sna.o", "my_model.o", "-o", "face"], cwd=tmp_path, check=True)
    asked(tmp_path / "face")


@pytest.mark.parametrize("name", ["my_model", "other"])
def test_the_arduino_sketch_with_a_stand_in_of_its_core(
    name: str, folder: Path, tmp_path: Path
) -> None:
    """Only what the libraries carry is compiled, one model beside the library, and run here."""
    if not shutil.which("g++"):
        pytest.skip("no C++ compiler here")
    places = {"sna": folder / "arduino" / "sna", name: folder / "arduino" / name}
    found = [f"-I{place / 'src'}" for place in places.values()]
    for part, place in places.items():
        words = ["cc", "-O1", "-c", *found, str(place / "src" / f"{part}.c"), "-o", f"{part}.o"]
        subprocess.run(words, cwd=tmp_path, check=True)
    (tmp_path / "Arduino.h").write_text(ARDUINO)
    (tmp_path / "sketch.cpp").write_text(SKETCH)
    found += ["-I.", f"-I{places[name] / 'examples' / 'SelfTest'}", "-Wall", "-Wextra", "-Werror"]
    words = ["g++", "-std=c++17", *found, "sketch.cpp", "sna.o", f"{name}.o", "-o", "sketch"]
    subprocess.run(words, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "sketch"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ok"]
