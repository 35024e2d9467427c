"""Calls that an importer should not make, and what it is told: compiled, through ctypes."""

from __future__ import annotations

import ctypes
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf, nan
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import sna_edge
from sna_edge.core.beside import Derived, RawReading, Readings
from sna_edge.core.beside.program import Step
from sna_export.fmu import command, export

from ...c_library import KEPT_1_1
from ...model_kinds import model_on

POWER, ALLOY, DEPTH = 256, 258, 512
"""Value references in everything.sna."""
GOOD, DISCARD, ERROR = 0, 2, 3
REAL, WHOLE, BOOL = ctypes.c_double, {2: ctypes.c_int32, 3: ctypes.c_int64}, ctypes.c_bool
LOGGERS = {
    2: ctypes.CFUNCTYPE(
        None, ctypes.c_void_p, *[ctypes.c_char_p, ctypes.c_int], *[ctypes.c_char_p] * 3
    ),
    3: ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, *[ctypes.c_char_p] * 2),
}


class Callbacks(ctypes.Structure):
    """fmi2CallbackFunctions."""

    _fields_ = [
        ("logger", LOGGERS[2]),
        *((n, ctypes.c_void_p) for n in ("get", "free", "done", "by")),
    ]


@dataclass
class Instance:
    """One instance of co-simulation, initialized; `told` is what it logged."""

    library: Any
    fmi: int
    token: bytes
    told: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.logger = LOGGERS[self.fmi](self._told)
        self.handle = ctypes.c_void_p(self._made())
        if self.fmi == 2:
            self.call("SetupExperiment", 0, REAL(0), REAL(0), 0, REAL(0))
            self.call("EnterInitializationMode")
        else:
            self.call("EnterInitializationMode", BOOL(0), REAL(0), REAL(0), BOOL(0), REAL(0))
        assert self.call("ExitInitializationMode") == GOOD

    def _told(self, *words: Any) -> None:
        self.told.append((words[-3 if self.fmi == 2 else -2].decode(), words[-1].decode()))

    def _made(self) -> int:
        make = (
            self.library.fmi2Instantiate
            if self.fmi == 2
            else self.library.fmi3InstantiateCoSimulation
        )
        make.restype = ctypes.c_void_p
        if self.fmi == 2:
            self.callbacks = Callbacks(self.logger)
            return int(make(b"it", 1, self.token, None, ctypes.byref(self.callbacks), 0, 1))
        flags = BOOL(0), BOOL(1), BOOL(0), BOOL(0)
        return int(
            make(b"it", self.token, None, *flags, None, ctypes.c_size_t(0), None, self.logger, None)
        )

    def call(self, name: str, *words: Any) -> int:
        return int(getattr(self.library, f"fmi{self.fmi}{name}")(self.handle, *words))

    def value(self, verb: str, kind: str, reference: int, value: Any) -> int:
        """One variable; `kind` of FMI 3.0."""
        name = {"Float64": "Real", "Int64": "Integer"}[kind] if self.fmi == 2 else kind
        count = ctypes.c_size_t(1)
        more = () if self.fmi == 2 else (count,)
        one = (ctypes.c_uint * 1)(reference)
        return self.call(f"{verb}{name}", one, count, ctypes.byref(value), *more)

    def step(self, size: float) -> int:
        if self.fmi == 2:
            return self.call("DoStep", REAL(0), REAL(size), 1)
        flags = [ctypes.byref(BOOL()) for _ in range(3)]
        return self.call("DoStep", REAL(0), REAL(size), BOOL(1), *flags, ctypes.byref(REAL()))

    def logs(self, *names: bytes, on: bool = True) -> int:
        listed = (ctypes.c_char_p * len(names))(*names)
        flag = int(on) if self.fmi == 2 else BOOL(on)
        return self.call("SetDebugLogging", flag, ctypes.c_size_t(len(names)), listed)


def built(model: sna_edge.Model, fmi: int, compiler: str, folder: Path) -> Callable[[], Instance]:
    """Makes instances of the FMU of `model`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "compiler", lambda: None)
        files, *_ = export(model, folder, "m", fmi=fmi)
    with zipfile.ZipFile(files[0]) as archive:
        archive.extractall(folder)
    about = ElementTree.parse(folder / "modelDescription.xml").getroot()
    token = about.get("guid") or about.get("instantiationToken") or ""
    words = [compiler, "-std=c99", "-shared", "-fPIC", f"fmi{fmi}.c", "m.c", "-o", "m.so"]
    subprocess.run(words, cwd=folder / "sources", check=True)
    library = ctypes.CDLL(str(folder / "sources" / "m.so"))
    return lambda: Instance(library, fmi, token.encode())


@pytest.fixture(scope="module", params=[2, 3])
def made(
    request: pytest.FixtureRequest, compiler: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Instance]:
    """Of a model with intervals, levels and formulas."""
    data = next(p for p in KEPT_1_1 if p.stem == "everything").read_bytes()
    folder = tmp_path_factory.mktemp("fmu")
    return built(sna_edge.from_bytes(data), request.param, compiler, folder)


def test_steps_lead_forward(made: Callable[[], Instance]) -> None:
    it = made()
    assert [it.step(size) for size in (0.0, 1.0, -1.0, nan, inf)] == [GOOD, GOOD, *[ERROR] * 3]
    assert all("forward" in text for _, text in it.told) and len(it.told) == 3


def test_levels_come_back_as_they_were_set(made: Callable[[], Instance]) -> None:
    """Those that are none of the model, too; in 3.0 they have 64 bits."""
    it = made()
    whole = WHOLE[it.fmi]
    for number in (1, -1, 2**31 - 1, *([2**40, 1 - 2**53] if it.fmi == 3 else [])):
        found = whole()
        assert it.value("Set", "Int64", ALLOY, whole(number)) == GOOD
        assert it.value("Get", "Int64", ALLOY, found) == GOOD and found.value == number
    if it.fmi == 3:
        for number in (2**53 + 1, 2**63 - 1, -(2**63)):
            assert it.value("Set", "Int64", ALLOY, whole(number)) == ERROR


def test_the_log_names_the_input(made: Callable[[], Instance]) -> None:
    it, found = made(), REAL()
    it.value("Set", "Float64", POWER, REAL(1e9))
    assert it.value("Get", "Float64", DEPTH, found) == DISCARD
    assert it.told == [("logStatusDiscard", "out_of_domain: power is 1e+09, its domain 80 to 400")]
    it.value("Set", "Float64", POWER, REAL(nan))
    it.value("Set", "Int64", ALLOY, WHOLE[it.fmi](7))
    it.value("Get", "Float64", DEPTH, found)
    assert it.told[-1][1].startswith("bad_input: power is nan")


def test_categories_are_told_apart(made: Callable[[], Instance]) -> None:
    it, found = made(), REAL()
    it.value("Set", "Float64", POWER, REAL(1e9))
    assert it.logs(on=False) == GOOD
    it.value("Get", "Float64", DEPTH, found)
    assert it.told == []
    assert it.logs(b"logStatusWarning") == GOOD
    it.value("Get", "Float64", DEPTH, found)
    assert it.told == []
    assert it.logs(b"logStatusWarning", b"logStatusDiscard") == GOOD
    it.value("Get", "Float64", DEPTH, found)
    assert [category for category, _ in it.told] == ["logStatusDiscard"]
    assert it.logs(b"logEvents") == ERROR and "no such category" in it.told[-1][1]


def test_bytes_that_are_no_state_are_refused(made: Callable[[], Instance]) -> None:
    it, state, size = made(), ctypes.c_void_p(), ctypes.c_size_t()
    name = "FMUstate" if it.fmi == 2 else "FMUState"
    assert it.call(f"Get{name}", ctypes.byref(state)) == GOOD
    it.call(f"Serialized{name}Size", state, ctypes.byref(size))
    data = ctypes.create_string_buffer(size.value)
    assert it.call(f"Serialize{name}", state, data, size) == GOOD
    assert it.call(f"Free{name}", ctypes.byref(state)) == GOOD
    verb = "DeSerialize" if it.fmi == 2 else "Deserialize"
    for whole in (data.raw, data.raw[:8] + b"\xff" * (size.value - 8), data.raw[:-1]):
        answer = it.call(f"{verb}{name}", whole, ctypes.c_size_t(len(whole)), ctypes.byref(state))
        assert (answer == GOOD) == (whole == data.raw)
        it.call(f"Free{name}", ctypes.byref(state))


def test_a_root_of_nothing_moves_no_other_slope(compiler: str, tmp_path: Path) -> None:
    """y(sqrt(area), b) at area = 0, where the root has no slope of its own: dy/db is that of the
    model."""
    axes = [sna_edge.spline_axis(name, "", 0.0, 2.0, spans=2) for name in ("r", "b")]
    root = Derived(0, "program", program=(Step("raw", 0), Step("sqrt")))
    readings = Readings([0.0, 0.0], (RawReading("area", "", 0.0, 4.0),), (root,))
    model = model_on(axes).replace(readings=readings)
    it, found = built(model, 2, compiler, tmp_path)(), REAL()
    one, value = ctypes.c_size_t(1), ctypes.c_uint * 1
    b, area = 256, 257
    assert it.value("Set", "Float64", area, REAL(0)) == GOOD
    words = [value(512), one, value(b), one, ctypes.byref(REAL(1)), ctypes.byref(found)]
    assert it.call("GetDirectionalDerivative", *words) == GOOD
    slopes = sna_edge.from_bytes(model.to_bytes(), backend="numpy").gradient([0.0, 1.0])
    assert found.value == pytest.approx(np.ravel(slopes)[1], rel=1e-9)
