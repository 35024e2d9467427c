"""Options of sna.c that leave out what a model does not use: those of the resource report. Exported
libraries keep the bound."""

from __future__ import annotations

from sna_edge import CP, Model


def plain(model: Model) -> bool:
    """Served by the loops for a Cortex-M FPU: full CP, float32, uniform cubic axes with training
    rows everywhere, one output, modes a multiple of 8 with padding."""
    work = model.interaction
    full = isinstance(work, CP) and bool(work.uses.all()) and -(-work.rank // 4) % 2 == 0
    axes = all(
        a.kind == "continuous" and a.basis.uniform and a.basis.degree == 3 and a.support.all()
        for a in model.axes
    )
    return full and axes and set(model.dtypes) == {"float32"} and len(model.outputs) == 1


def options_for(model: Model, *, integer: bool) -> list[str]:
    """Defines for this model; `integer`: a core without an FPU, served by the integer path."""
    dtypes, out = set(model.dtypes), []
    if isinstance(model.interaction, CP):
        out.append("SNA_NO_TT")
    if "float16" not in dtypes:
        out.append("SNA_NO_F16")
    if not integer:
        out += [
            "SNA_NO_FIXED",
            "SNA_NO_BOUND",
        ]  # measured as in firmware that carries this artifact alone, checked here
        if not dtypes & {"int16", "int8"}:
            out.append("SNA_NO_INT")
        if all(o.link == "identity" for o in model.outputs):
            out.append("SNA_NO_LINK")
        if plain(model):
            out.append("SNA_PLAIN_ONLY")
    return out


def needs(model: Model) -> list[str]:
    """What no library may leave out for this model, as in SNA_NO_<name>."""
    dtypes, out = set(model.dtypes), []
    if not isinstance(model.interaction, CP):
        out.append("TT")
    if "float16" in dtypes:
        out.append("F16")
    if dtypes & {"int16", "int8"}:
        out.append("INT")
    if any(o.link != "identity" for o in model.outputs):
        out.append("LINK")
    return out
