"""What a model will cost on a core, before it is flashed: compiled for it and run on an emulated
one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sna_edge import CP, Model, from_bytes
from sna_edge.artifact import integer_section
from sna_edge.artifact.golden import ranges
from sna_edge.core.float32 import not_carried
from sna_edge.errors import InputError

from ..integers import Whole
from ..integers.packed import packed
from .cores import CORES, Core
from .emulate import Firmware, Run
from .options import options_for, plain
from .toolchain import compile_image

MODEL_RECORD = 88  # sizeof(sna_model) on a 32-bit core


@dataclass(frozen=True)
class Cost:
    """Bytes and counts on one core. `code`: open, verify and value (integer path on cores without
    an FPU); `gradient`: instructions of value and gradient together, `gradient_ram` its RAM."""

    core: str
    path: str
    code: int
    artifact: int
    ram: int
    stack: int
    multiply_adds: int
    instructions: int
    gradient: int | None
    gradient_ram: int | None
    beside: Beside | None = None


@dataclass(frozen=True)
class Beside:
    """What a query of the interval at a level and of familiarity costs after that of the value, on
    a core: `code` with both, bytes; instructions, None where the model has none; `ram` of the
    larger, on the integer path of the one call for all; `constants` beside the artifact, bytes."""

    code: int
    interval: int | None
    familiarity: int | None
    ram: int
    constants: int = 0


def multiply_adds(model: Model) -> int:
    """sum_d (p_d + 1) R_d for the rows of tables, one per axis and mode for the product, K per mode
    for the mixing."""
    total = sum(
        (a.basis.degree + 1) * t.shape[1]
        for a, t in zip(model.axes, model.interaction.tables, strict=True)
    )
    if isinstance(model.interaction, CP):
        total += sum(t.shape[1] for t in model.interaction.tables)
    else:
        total += sum(c.shape[1] * c.shape[2] for c in model.interaction.cores)
    return int(total + model.interaction.weights.size)


def middle(model: Model) -> np.ndarray[Any, Any]:
    """A point inside the domain, on no break."""
    return np.array(
        [0.0 if a.kind == "categorical" else a.lower + 0.4637 * a.width for a in model.axes]
    )


def measure(
    artifact: bytes, core: Core, *, gradient: bool = True, whole: Whole | None = None
) -> Cost:
    """Compile for `core`, run one query, count; `whole`: what stands beside the values on the
    integer path. Raises InputError where the model has no integer path for the core."""
    model = from_bytes(artifact, backend="numpy")
    with tempfile.TemporaryDirectory() as folder:
        return (
            _integer(artifact, model, core, Path(folder), whole)
            if core.integer
            else _float(artifact, model, core, Path(folder), gradient)
        )


def _integer(artifact: bytes, model: Model, core: Core, folder: Path, whole: Whole | None) -> Cost:
    path = integer_section.of_artifact(artifact)
    entries = ("sna_open", "sna_fixed_verify", "sna_fixed_eval")
    image = compile_image(
        core, [*entries, "sna_workspace_size"], folder, defines=options_for(model, integer=True)
    )
    firmware = Firmware(core, image, artifact)
    if firmware.verified:
        raise InputError(f"the artifact is refused on {core.name} (status {firmware.verified})")
    x = middle(model)
    share = [
        0.0 if a.kind == "categorical" else (v - a.lower) / a.width
        for a, v in zip(model.axes, x, strict=True)
    ]
    counts = np.array(
        [
            [
                round(f.count_lower + s * (f.count_upper - f.count_lower))
                for f, s in zip(path.axes, share, strict=True)
            ]
        ]
    )
    run = firmware.integers(path.locate(counts)[0][0], count=True)[1]
    work = firmware.machine.call("sna_workspace_size", 0x20000000, 3).value
    return Cost(
        core.name,
        "integer",
        image.flash,
        len(artifact),
        MODEL_RECORD + work + run.stack,
        run.stack,
        multiply_adds(model),
        run.instructions,
        None,
        None,
        _answer(artifact, model, core, folder, whole, counts[0], run),
    )


def _answer(
    artifact: bytes,
    model: Model,
    core: Core,
    folder: Path,
    whole: Whole | None,
    counts: np.ndarray[Any, Any],
    value: Run,
) -> Beside | None:
    """Of sna_fixed_answer at counts [D], beyond the `value` alone."""
    constants = b"" if whole is None else packed(whole, artifact)
    if whole is None or not constants:
        return None
    entries = ("sna_open", "sna_fixed_verify", "sna_fixed_answer", "sna_workspace_size")
    image = compile_image(core, entries, folder, defines=options_for(model, integer=True))
    firmware = Firmware(core, image, artifact)
    firmware.set_beside(constants)
    without = firmware.answer(counts, ends=False, count=True)[1]
    run = firmware.answer(counts, count=True)[1]
    work = firmware.machine.call("sna_workspace_size", 0x20000000, 7).value
    return Beside(
        image.flash,
        run.instructions - without.instructions if whole.ends else None,
        without.instructions - value.instructions if whole.share is not None else None,
        MODEL_RECORD + work + run.stack,
        len(constants),
    )


def _float(artifact: bytes, model: Model, core: Core, folder: Path, gradient: bool) -> Cost:
    entries = ("sna_open", "sna_verify", "sna_eval")
    options = options_for(model, integer=False)
    image = compile_image(core, [*entries, "sna_workspace_size"], folder, defines=options)
    firmware = Firmware(core, image, artifact)
    if firmware.verified:
        raise InputError(f"the artifact is refused on {core.name} (status {firmware.verified})")
    run = firmware.value(middle(model), count=True)[1]
    work = (
        20 * len(model.axes)
        if plain(model)
        else firmware.machine.call("sna_workspace_size", 0x20000000, 0).value
    )
    slope, slope_ram = None, None
    if gradient:
        optimize = "-Os" if plain(model) else "-O2"  # the general loops over modes pay for size
        larger = compile_image(
            core,
            [*entries, "sna_eval_grad", "sna_workspace_size"],
            folder,
            defines=options,
            optimize=optimize,
        )
        steep = Firmware(core, larger, artifact)
        climb = steep.gradient(middle(model), count=True)[1]
        slope = climb.instructions
        slope_ram = (
            MODEL_RECORD
            + steep.machine.call("sna_workspace_size", 0x20000000, 1).value
            + climb.stack
        )
    return Cost(
        core.name,
        "float",
        image.flash,
        len(artifact),
        MODEL_RECORD + work + run.stack,
        run.stack,
        multiply_adds(model),
        run.instructions,
        slope,
        slope_ram,
        _beside(artifact, model, core, folder, options),
    )


def _beside(
    artifact: bytes, model: Model, core: Core, folder: Path, options: Iterable[str]
) -> Beside | None:
    found = model.calibration
    if found is None:
        return None
    entries = ("sna_open", "sna_verify", "sna_eval", "sna_interval_at", "sna_familiarity")
    image = compile_image(core, [*entries, "sna_workspace_size"], folder, defines=options)
    firmware, x = Firmware(core, image, artifact), middle(model)
    y = firmware.value(x)[0]
    runs: list[Run | None] = [None, None]
    if found.n_residuals:
        runs[0] = firmware.interval_at(x, y, 0.5, count=True)[1]
    if found.n_scores or found.pairs:
        runs[1] = firmware.familiarity(x, y, count=True)[1]
    work = [firmware.machine.call("sna_workspace_size", 0x20000000, verb).value for verb in (5, 6)]
    ram = [MODEL_RECORD + w + r.stack for w, r in zip(work, runs, strict=True) if r is not None]
    interval, familiarity = (None if r is None else r.instructions for r in runs)
    return Beside(image.flash, interval, familiarity, max(ram))


def report(
    artifact: bytes, cores: tuple[str, ...] = tuple(CORES), whole: Whole | None = None
) -> list[Cost]:
    """Costs on every core that can serve the model, with what stands beside the values in `whole`
    numbers."""
    model = from_bytes(artifact, backend="numpy")
    costs, carried = [], not not_carried(model.axes, model.outputs, ranges(model))
    for name in cores:
        core = CORES[name]
        if not (_has_integer_path(artifact) if core.integer else carried):
            continue
        costs.append(
            measure(
                artifact,
                core,
                gradient=not core.integer and isinstance(model.interaction, CP),
                whole=whole,
            )
        )
    return costs


def _has_integer_path(artifact: bytes) -> bool:
    try:
        integer_section.of_artifact(artifact)
    except InputError:
        return False
    return True


def markdown(costs: list[Cost]) -> str:
    """One table: a row per core."""
    head = (
        "| core | path | code, bytes | artifact, bytes | RAM with stack, bytes | multiply-adds |"
        " instructions per query | with gradient | RAM then |"
    )
    rows = [
        f"| {c.core} | {c.path} | {c.code:,} | {c.artifact:,} | {c.ram:,} | {c.multiply_adds:,} |"
        f" {c.instructions:,} | {f'{c.gradient:,}' if c.gradient else '-'} |"
        f" {f'{c.gradient_ram:,}' if c.gradient_ram else '-'} |"
        for c in costs
    ]
    return "\n".join([head, "| --- | --- " + "| ---: " * 7 + "|", *rows, *_beside_table(costs)])


def _beside_table(costs: list[Cost]) -> list[str]:
    """A second table, of models with something beside the values."""
    found = [(c, c.beside) for c in costs if c.beside is not None]
    if not found:
        return []
    head = (
        "| core | code with intervals and familiarity, bytes | constants, bytes | instructions of"
        " an interval | of familiarity | RAM with stack, bytes |"
    )
    rows = [
        f"| {c.core} | {b.code:,} | {f'{b.constants:,}' if b.constants else '-'} |"
        f" {f'{b.interval:,}' if b.interval else '-'} |"
        f" {f'{b.familiarity:,}' if b.familiarity else '-'} | {b.ram:,} |"
        for c, b in found
    ]
    return ["", "After the query of the value:", "", head, "| --- " + "| ---: " * 5 + "|", *rows]


def as_json(costs: list[Cost]) -> list[dict[str, Any]]:
    """The costs as JSON has them, a dictionary per core."""
    return [asdict(c) for c in costs]
