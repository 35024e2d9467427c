"""The C reader beside the Python one: do they name the same rule of a file, or answer alike?"""

from __future__ import annotations

import importlib.util
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from file_fields import sections

import sna_edge
from sna_edge import Status
from sna_edge.errors import InputError

PYTHON_ALONE = {"bad_metadata"}
"""C does not read text."""
ROUNDING = 1e-13
RELATIVE = 1e-9
"""Of values that both readers have; the sums inside may be larger than their result."""


class Pair:
    """sna.c as a shared library in this process, beside sna_edge."""

    def __init__(self, folder: Path, flags: list[str]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        made = Path(self._folder.name) / "sna.so"
        words = ["cc", "-std=c99", "-O2", "-DSNA_SHA256", "-shared", "-fPIC", *flags]
        subprocess.run([*words, str(folder / "sna.c"), "-o", str(made)], check=True)
        spec = importlib.util.spec_from_file_location(
            "sna_c", folder / "sna_edge_native" / "library.py"
        )
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["sna_c"] = module
        spec.loader.exec_module(module)
        self.library = module.Library(str(made))

    def rule(self, opened: Any) -> str:
        """The first rule that opening or a replay names: '' where all hold."""
        if opened.status == 0 and opened.verify() == 0 and opened.record.features & 2:
            opened.fixed_verify()
        if opened.rule or opened.status:
            return str(opened.rule)
        for i in range(opened.companions()):
            companion = opened.companion(i)
            if companion.record.features & 2 and companion.fixed_verify():
                return str(companion.rule)
        return ""

    def difference(
        self, data: bytes, rule: str, model: sna_edge.Model | None, replayed: bool = True
    ) -> str:
        """What the readers do not agree on; '' where they do. Not `replayed`: Python has not looked
        at golden vectors and metadata."""
        opened = self.library.open(data)
        named = self.rule(opened)
        if rule in PYTHON_ALONE or (not replayed and not rule and named == "golden_mismatch"):
            return ""
        if named != rule and {named, rule} == {"", "golden_mismatch"} and on_the_edge(opened, data):
            return ""
        if named != rule:
            return f"Python says {rule or 'accepted'}, C says {named or 'accepted'}"
        return "" if model is None else answers(opened, model)


def on_the_edge(opened: Any, data: bytes) -> bool:
    """Whether a golden vector is missed by as much as its tolerance, so that rounding decides: its
    error and its tolerance are equal to ROUNDING of the values."""
    if edge(opened, data, 0):
        return True
    start = sections(data)[13][0] if opened.companions() else 0
    for i in range(opened.companions()):
        (file,) = struct.unpack_from("<I", data, start + 8 + 32 * i + 8)
        if edge(opened.companion(i), data, start + file):
            return True
    return False


def edge(opened: Any, data: bytes, base: int) -> bool:
    """As on_the_edge, of the file at `base` alone."""
    at = sections(data, base)[8][0]
    (count,) = struct.unpack_from("<I", data, at)
    d, k = opened.record.n_axes, opened.record.n_outputs
    numbers = np.frombuffer(data, "<f8", 2 * k + count * (d + k), at + 8)
    x, wanted = numbers[2 * k :].copy(), numbers[2 * k + count * d :].reshape(count, k)
    found, _ = opened.value(x[: count * d].reshape(count, d))
    error = np.abs(found - wanted).max(axis=0)
    size = np.abs(wanted).max(axis=0) + np.abs(found).max(axis=0)
    return bool(np.any(np.abs(error - numbers[:k]) <= ROUNDING * size))


def points(model: sna_edge.Model) -> np.ndarray:
    """A few points of the domain from both ends inwards; one that rounding put outside, one that is
    outside by more than its sensor may err, one that is no number."""
    shares = np.array([0.0, 0.37, 0.81, 1.0, 1.0, 0.5])
    columns = []
    for a in model.axes:
        x = np.clip(a.lower + shares * (a.upper - a.lower), a.lower, a.upper)
        columns.append(np.floor(x) if a.kind == "categorical" else x)
    x = np.stack(columns, axis=1)
    x[3, 0] += 2.0**-24 * abs(x[3, 0])
    room = 0.0 if model.readings is None else float(model.readings.tolerance[0])
    x[4, 0] += 0.25 * (model.axes[0].upper - model.axes[0].lower) + 0.5 + 2.0 * room
    x[5, -1] = np.nan
    return x


def alike(found: Any, wanted: Any) -> bool:
    """Equal to RELATIVE, infinities and NaN in the same places."""
    a, b = np.asarray(found, float), np.asarray(wanted, float)
    finite = np.isfinite(a) & np.isfinite(b)
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= RELATIVE * np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
    return bool(np.all(np.where(finite, near, (a == b) | (np.isnan(a) & np.isnan(b)))))


def answers(opened: Any, model: sna_edge.Model) -> str:
    """What the two answer differently at `points`: values, companions, intervals, familiarity,
    coordinates of readings."""
    x = points(model)
    wanted = model.evaluate(x, level_index=True)
    found, status = opened.value(x)
    told = np.where(wanted.status == Status.UNFAMILIAR, status, wanted.status)  # C: asked apart
    if not alike(found, wanted.value) or status.tolist() != told.tolist():
        return f"values: Python {wanted.value.tolist()}, C {found.tolist()}, {status.tolist()}"
    for verb in (companions, intervals, familiarity, derived):
        said = verb(opened, model, x, found, status)
        if said:
            return str(said)
    return ""


def companions(opened: Any, model: sna_edge.Model, x: Any, y: Any, status: Any) -> str:
    x, y = x[status >= 0], y[status >= 0]
    for i in range(len(model.companions)):
        wanted, companion = model.companion_value(i, x, level_index=True), opened.companion(i)
        for row in range(len(x)):
            place, lost = companion.place(x[row], y[row])
            found = np.full(wanted.shape[1], np.nan) if lost else companion.value(place[None])[0][0]
            if not alike(found, wanted[row]):
                return f"companion {i}: Python {wanted[row].tolist()}, C {found.tolist()}"
    return ""


def intervals(opened: Any, model: sna_edge.Model, x: Any, y: Any, status: Any) -> str:
    for level in (0.5, 0.98):
        try:
            wanted = model.interval_at(x, level, level_index=True)
        except InputError:
            wanted = None
        for row in range(len(x)):
            said = [
                opened.interval_at(k, x[row], level, int(status[row]), y[row])
                for k in range(y.shape[1])
            ]
            if wanted is None:
                if min(s for *_, s in said) >= 0:
                    return f"interval at {level}: Python refuses, C says {said}"
                continue
            lost = min(s for *_, s in said)
            ends = np.array([[low, high] for low, high, _ in said]).T
            same = alike(ends, [wanted.lower[row], wanted.upper[row]])
            if wanted.status[row] != lost if lost < 0 else not same:
                return (
                    f"interval at {level}: Python {wanted.lower[row].tolist()}"
                    f" {wanted.upper[row].tolist()} {wanted.status[row]}, C {said}"
                )
    return ""


def familiarity(opened: Any, model: sna_edge.Model, x: Any, y: Any, status: Any) -> str:
    try:
        wanted = model.familiarity(x, level_index=True)
    except InputError:
        wanted = None
    for row in range(len(x)):
        p, said = opened.familiarity(x[row], int(status[row]), y[row])
        if wanted is None:
            if said >= 0:
                return f"familiarity: Python refuses, C says {p} {said}"
        elif not alike(p, wanted.p[row]) or said != wanted.status[row]:
            return f"familiarity: Python {wanted.p[row]} {wanted.status[row]}, C {p} {said}"
    return ""


def derived(opened: Any, model: sna_edge.Model, x: Any, y: Any, status: Any) -> str:
    if model.readings is None:
        return ""
    for row in range(len(x)):
        raw = [r.lower + 0.4 * row * (r.upper - r.lower) for r in model.readings.raw]
        given = np.array([*x[row], *raw])
        wanted, (found, said) = model.derived(given, level_index=True), opened.derive(given)
        if said != wanted.status[0] or (said >= 0 and not alike(found, wanted.x[0])):
            return f"readings: Python {wanted.x[0].tolist()} {wanted.status[0]}, C {found} {said}"
    return ""
