"""What FMPy says of an FMU and its reference results, as JSON; runs in .venv-fmu.

python simulate.py FOLDER STEM [--build]: with --build the binary is FMPy's own, of the sources.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import fmpy
import numpy as np
from fmpy.build import build_platform_binary
from fmpy.fmi1 import FMICallException
from fmpy.validation import validate_fmu


def main(folder: Path, stem: str, build: bool) -> dict:
    """Problems, differences from the reference results, derivatives, what happens outside."""
    path = folder / f"{stem}.fmu"
    about = fmpy.read_model_description(str(path), validate=False)
    given, wanted = (fmpy.read_csv(str(folder / f"{stem}_{end}.csv")) for end in ("in", "ref"))
    told = {"problems": validate_fmu(str(path)), "platforms": fmpy.supported_platforms(str(path))}
    where = Path(fmpy.extract(str(path)))
    if build:
        shutil.rmtree(where / "binaries", ignore_errors=True)
        own = str(Path(sys.executable).parent)  # FMPy brings CMake
        os.environ["PATH"] = f"{own}{os.pathsep}{os.environ['PATH']}"
        build_platform_binary(where, generator="Unix Makefiles")
    for kind in ("CoSimulation", "ModelExchange"):
        told[kind] = difference(str(where), about, kind, given, wanted)
    told["derivatives"] = derivatives(where, about, given)
    told["outside"] = {choice: outside(where, about, given, choice) for choice in (0, 1, 2)}
    told["state"] = kept(where, about, given)
    return told


def difference(where: str, about, kind: str, given, wanted) -> dict:
    """Largest difference of every output at the times of the reference results."""
    found = fmpy.simulate_fmu(
        where, fmi_type=kind, input=given, output_interval=1.0, solver="Euler", step_size=1.0,
        stop_time=float(wanted["time"][-1]), model_description=about,
        output=list(wanted.dtype.names[1:]),
    )  # fmt: skip
    times = np.rint(found["time"]).astype(int)
    last = {t: i for i, t in enumerate(times)}
    rows = [last[t] for t in wanted["time"].astype(int)]
    assert len(rows) == len(wanted)
    return {
        name: float(np.max(np.abs(found[name][rows] - wanted[name]), initial=0.0))
        for name in wanted.dtype.names[1:]
    }


def opened(where: Path, about, outside: int = 0):
    """An instance in co-simulation, initialized, and its variables by name."""
    fmu = fmpy.instantiate_fmu(str(where), about, "CoSimulation")
    by_name = {v.name: v for v in about.modelVariables}
    third = about.fmiVersion.startswith("3")
    chooser = next(v for v in about.modelVariables if v.causality == "parameter")
    (fmu.setInt64 if third else fmu.setInteger)([chooser.valueReference], [outside])
    if not third:
        fmu.setupExperiment()
    fmu.enterInitializationMode()
    fmu.exitInitializationMode()
    return fmu, by_name, third


def put(fmu, by_name, third: bool, row) -> None:
    """Sets all inputs from a row of the table of inputs."""
    for name in row.dtype.names[1:]:
        v = by_name[name]
        real = v.type in ("Real", "Float64")
        setter = (fmu.setFloat64 if third else fmu.setReal) if real else (
            fmu.setInt64 if third else fmu.setInteger
        )  # fmt: skip
        setter([v.valueReference], [float(row[name]) if real else int(row[name])])


def derivatives(where: Path, about, given) -> dict:
    """d outputs / d inputs at the first points: by direction and, in 3.0, by adjoint."""
    fmu, by_name, third = opened(where, about)
    names = [n for n in given.dtype.names[1:] if by_name[n].type in ("Real", "Float64")]
    continuous = [v for v in about.modelVariables if v.variability == "continuous"]
    outputs = [v for v in continuous if v.causality == "output"]
    knowns = [by_name[n].valueReference for n in names]
    unknowns = [v.valueReference for v in outputs]
    found, adjoint = [], []
    for row in given[::2][:6]:
        put(fmu, by_name, third, row)
        seeds = np.eye(len(knowns)).tolist()
        columns = [fmu.getDirectionalDerivative(unknowns, knowns, s) for s in seeds]
        found.append(np.array(columns).T.tolist())
        if third:
            seeds = np.eye(len(unknowns)).tolist()
            rows = [fmu.getAdjointDerivative(unknowns, knowns, s, len(knowns)) for s in seeds]
            adjoint.append(rows)
    fmu.freeInstance()
    return {
        "inputs": names,
        "outputs": [v.name for v in outputs],
        "found": found,
        "adjoint": adjoint,
        "points": [list(row)[1:] for row in given[::2][:6].tolist()],
    }


def outside(where: Path, about, given, choice: int) -> dict:
    """The first real input far outside: what the call answers, the value, the status, and the value
    once the input is back."""
    fmu, by_name, third = opened(where, about, choice)
    real = [n for n in given.dtype.names[1:] if by_name[n].type in ("Real", "Float64")]
    value = next(v for v in about.modelVariables if v.causality == "output")
    status = [v for v in about.modelVariables if v.causality == "output"][-1]
    row = given[0].copy()
    row[real[0]] += 10 * abs(float(by_name[real[0]].max)) + 10
    put(fmu, by_name, third, row)
    get = fmu.getFloat64 if third else fmu.getReal
    told: dict = {}
    try:
        told["value"] = repr(get([value.valueReference])[0])
    except FMICallException as error:
        told["refused"] = error.status
    told["status"] = int((fmu.getInt64 if third else fmu.getInteger)([status.valueReference])[0])
    put(fmu, by_name, third, given[0])
    told["back"] = float(get([value.valueReference])[0])
    fmu.freeInstance()
    return told


def kept(where: Path, about, given) -> bool:
    """Is a serialized state the same point again, and a damaged one refused?"""
    fmu, by_name, third = opened(where, about)
    value = next(v for v in about.modelVariables if v.causality == "output").valueReference
    get = fmu.getFloat64 if third else fmu.getReal
    put(fmu, by_name, third, given[0])
    before, state = get([value])[0], fmu.getFMUState()
    data = fmu.serializeFMUState(state)
    put(fmu, by_name, third, given[2])
    other = get([value])[0]
    fmu.setFMUState(fmu.deserializeFMUState(data))
    same = get([value])[0] == before != other
    try:
        fmu.deserializeFMUState(bytes(8) + data[8:])
        same = False
    except FMICallException:
        pass
    fmu.freeInstance()
    return bool(same)


if __name__ == "__main__":
    answer = main(Path(sys.argv[1]), sys.argv[2], "--build" in sys.argv)
    print(json.dumps(answer))
