"""The folder of `--to c` as tools of other systems read it: Kconfig by kconfiglib, manifests by
the component manager of ESP-IDF and by PlatformIO, the sketch by the Arduino core of AVR."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sna_export.firmware import command, export_c

from ...c_library import STRICT
from ...c_models import axes_of, cp_model, mixed

CORE = Path("/usr/share/arduino/hardware/arduino/avr")
AVR = ["-mmcu=atmega2560", "-DF_CPU=16000000L", "-DARDUINO=10819", "-DARDUINO_ARCH_AVR"]
ZEPHYR = """
#include "NAME.h"
#include <stdio.h>
int main(void) {
    static sna_model model;
    SNA_ALIGN(8) static unsigned char work[UPPER_WORK_BYTES];
    puts(sna_status_name(NAME_self_test(&model, work, sizeof work)));
    return 0;
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models beside one library."""
    place = tmp_path_factory.mktemp("folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "_report", lambda *given: [])
        export_c(cp_model(axes_of("uniform", 3, 3), dtype="int8"), place, "other")
        export_c(cp_model(mixed(), rank=9, outputs=2, sparse=True, link="exp"), place, "first")
    return place


def told(root: Path, folder: Path, *models: str) -> dict[str, Any]:
    """What read_metadata.py says."""
    python = root / ".venv-witness" / "bin" / "python"
    if not python.exists():
        pytest.skip("no .venv-witness with kconfiglib (make test makes it)")
    words = [str(python), str(Path(__file__).with_name("read_metadata.py")), str(folder), *models]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip("a .venv-witness of before kconfiglib was in it (make test renews it)")
    assert done.returncode == 0, done.stderr[-1500:]
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("name", "needs"),
    [("first", {"SNACORE_LINK"}), ("other", {"SNACORE_INT", "SNACORE_FIXED"})],
)
def test_kconfig_selects_what_a_model_needs(
    name: str, needs: set[str], root: Path, folder: Path, tmp_path: Path, compiler: str
) -> None:
    """Compiled with the symbols that are y, the model passes its self-test."""
    found = told(root, folder, name)["kconfig"]
    assert found["warnings"] == []
    assert set(found["chosen"]) == {"SNACORE", "SNACORE_FLOAT", f"SNA_{name.upper()}", *needs}
    (tmp_path / "main.c").write_text(ZEPHYR.replace("NAME", name).replace("UPPER", name.upper()))
    places = [folder / "zephyr" / part / "src" for part in ("sna", name)]
    words = [compiler, *STRICT, *(f"-DCONFIG_{symbol}=1" for symbol in found["chosen"])]
    words += [*(f"-I{place}" for place in places), "main.c"]
    words += [str(places[0] / "sna.c"), str(places[1] / f"{name}.c"), "-o", "main"]
    subprocess.run(words, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ok"]


def test_manifests(root: Path, folder: Path) -> None:
    found = told(root, folder)
    library = found["platformio"]
    assert found["idf"] == {"version": library["version"], "license": "Apache-2.0"}
    assert library["headers"] == ["sna.h", "first.h", "other.h"]
    assert library["platforms"] == library["frameworks"] == ["*"]
    headers = {name: read["headers"] for name, read in found["arduino"].items()}
    assert headers == {name: [f"{name}.h"] for name in ("sna", "first", "other")}


def test_the_sketch_with_an_arduino_core(folder: Path, tmp_path: Path) -> None:
    """Its core has 16-bit pointers: the sketch compiles, and the library says why it cannot."""
    if not (shutil.which("avr-g++") and CORE.is_dir()):
        pytest.skip("no Arduino core here (sudo apt install arduino-core-avr)")
    sources = [folder / "arduino" / part / "src" for part in ("sna", "first")]
    places = [CORE / "cores" / "arduino", CORE / "variants" / "mega", *sources]
    found = [*AVR, "-Wall", "-Wextra", *(f"-I{place}" for place in places)]
    sketch = folder / "arduino" / "first" / "examples" / "SelfTest" / "SelfTest.ino"
    words = ["avr-g++", "-std=gnu++11", *found, "-include", "Arduino.h", "-x", "c++", "-c"]
    subprocess.run([*words, str(sketch), "-o", "s.o"], cwd=tmp_path, check=True)
    words = ["avr-gcc", *found, "-c", str(sources[0] / "sna.c"), "-o", "sna.o"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode and "models need a core of 32 bits" in done.stderr.splitlines()[0]
