"""Options of sna.c that leave out what a model does not use: those of the resource report. Exported
libraries keep the bound."""

from __future__ import annotations

from sna_edge import CP, Model
from sna_edge.artifact import layout

FEATURES = 12
"""The byte of an artifact that holds its feature bits."""


def functions(model: Model) -> list[Model]:
    """The values and all companions: what the library has to evaluate."""
    return [model, *(c.model for c in model.companions)]


def beside(model: Model) -> bool:
    """Written in format 1.1: something stands beside the values, or the file is signed."""
    if model.artifact is not None:
        return bool(model.artifact[FEATURES] & layout.FEATURE_BESIDE)
    return bool(model.companions or model.calibration or model.readings)


def plain(model: Model) -> bool:
    """Served by the loops for a Cortex-M FPU: full CP, float32, uniform cubic axes with training
    rows everywhere, one output, modes a multiple of 8 with padding; no companions."""
    work = model.interaction
    full = isinstance(work, CP) and bool(work.uses.all()) and -(-work.rank // 4) % 2 == 0
    axes = all(
        a.kind == "continuous" and a.basis.uniform and a.basis.degree == 3 and a.support.all()
        for a in model.axes
    )
    alone = len(model.outputs) == 1 and not model.companions
    return full and axes and set(model.dtypes) == {"float32"} and alone


def options_for(model: Model, *, integer: bool) -> list[str]:
    """Defines for this model; `integer`: a core without an FPU, served by the integer path."""
    needed = needs(model)
    out = [f"SNA_NO_{n}" for n in ("TT", "F16", "COMPANIONS") if n not in needed]
    if not integer:
        out += [
            "SNA_NO_FIXED",
            "SNA_NO_BOUND",
        ]  # measured as in firmware that carries this artifact alone, checked here
        out += [f"SNA_NO_{n}" for n in ("INT", "LINK") if n not in needed]
        if plain(model):
            out.append("SNA_PLAIN_ONLY")
    return out


def needs(model: Model) -> list[str]:
    """What no library may leave out for this model, as in SNA_NO_<name>."""
    all_of_it = functions(model)
    dtypes = {t for f in all_of_it for t in f.dtypes}
    found = {
        "TT": any(not isinstance(f.interaction, CP) for f in all_of_it),
        "F16": "float16" in dtypes,
        "INT": bool(dtypes & {"int16", "int8"}),
        "LINK": any(o.link != "identity" for f in all_of_it for o in f.outputs),
        "COMPANIONS": beside(model),
    }
    return [name for name, needed in found.items() if needed]
