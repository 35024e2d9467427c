"""Figures of capability as lines of text: every index with its 95 % interval and what it is of."""

from __future__ import annotations

from typing import Any

from ..console import table, with_unit

INDICES = "Cp", "Cpk", "Pp", "Ppk", "Cpm"


def of_setting(model: Any, answer: dict[str, Any]) -> list[str]:
    """Of a setting, by the distribution of a model."""
    if not answer["outputs"]:
        return [f"{answer['status']}: the model has no value there"]
    units = {o.name: o.unit for o in model.outputs}
    rows = [
        [
            name,
            with_unit(one["value"], units[name]),
            f"{one['Pp']:.2f}" if "Pp" in one else "-",
            ("at least " if one["at_least"] else "") + f"{one['Ppk']:.2f}",
            _ends(one["Ppk_95"]),
            str(one["rows"]),
            ("at most " if one["at_least"] else "") + f"{one['ppm']:.3g}",
        ]
        for name, one in answer["outputs"].items()
    ]
    header = ["output", "value", "Pp", "Ppk", "Ppk, 95 %", "rows", "ppm outside"]
    lines = table(header, rows)
    lines.append(
        f"all at once: {100 * answer['yield']:.4g} % inside, {answer['ppm']:.3g} ppm outside"
    )
    return lines if answer["status"] == "ok" else [*lines, answer["status"]]


def of_stream(answer: dict[str, Any]) -> list[str]:
    """Of a running line."""
    lines = _measured(answer)
    lines.append(f"parts: {answer['parts']}")
    for key, said in (
        ("predicted", "outside as predicted"),
        ("measured", "outside as measured"),
        ("both", "outside as predicted, put right by the measured ones"),
    ):
        if key in answer:
            lines.append(f"{said}: {_ppm(answer[key])}")
    return lines


def of_table(answer: dict[str, Any]) -> list[str]:
    """Of a column of a table."""
    ((name, one),) = answer["outputs"].items()
    lines = _measured(answer)
    lines.append(
        f"{name}: mean {one['mean']:.6g}, standard deviation {one['deviation']:.4g},"
        f" within {one.get('deviation_within', float('nan')):.4g}"
    )
    if one["missing"]:
        lines.append(f"{one['missing']} rows without a number left out")
    return [*lines, f"outside: {_ppm(one['outside'])}"]


def _measured(answer: dict[str, Any]) -> list[str]:
    """A row per index of every measured output, and what their shape means for them."""
    rows, notes = [], []
    for name, one in answer["outputs"].items():
        parts = str(one.get("parts", 0))
        for key in (key for key in INDICES if key in one):
            rows.append([name, parts, key, f"{one[key]:.2f}", _ends(one[f"{key}_95"])])
        if not one.get("parts"):
            rows.append([name, parts, "-", "-", "-"])
        notes += [f"{name}: {said}" for said in _shape(one)]
    return [*table(["measured", "parts", "index", "value", "95 %"], rows), *notes]


def _shape(one: dict[str, Any]) -> list[str]:
    told = one.get("normality")
    if not told:
        return []
    if told["normal"]:
        return [told["says"]]
    found = one["by_percentiles"]
    if not found:
        return [
            f"{told['says']}, nor does a power transform make them so: the indices do not say how"
            " many parts are outside, count those"
        ]
    indices = ", ".join(
        f"{key} {found[key]:.2f} (95 %: {_cautious(found[f'{key}_95'])})"
        for key in ("Pp", "Ppk") if key in found
    )  # fmt: skip
    return [f"{told['says']}: by percentiles ({found['by']}) {indices}"]


def _cautious(ends: list[float]) -> str:
    """An interval whose lower end the values may not know."""
    return _ends(ends) if ends[0] > 0.0 else f"at most {ends[1]:.2f}"


def _ends(ends: list[float]) -> str:
    return "{:.2f} to {:.2f}".format(*ends)


def _ppm(one: dict[str, Any]) -> str:
    ends = one.get("ppm_95")
    return f"{one['ppm']:.4g} ppm" + (f" (95 %: {ends[0]:.4g} to {ends[1]:.4g})" if ends else "")
