"""What stands beside the values of a model, in words and as JSON types: format, companions,
calibration, readings, signature."""

from __future__ import annotations

from math import floor
from typing import Any

from ..artifact.checks import validate
from ..core.beside import Calibration, Companion, Derived, Readings, Signature
from ..core.beside.program import written
from ..files import format_of
from ..model import Model
from ..signing import Trust
from ..uncertainty.interval import LEAST
from ..values.naming import labelled
from .console import table


def described(model: Model, trust: Trust | None = None) -> dict[str, Any]:
    """Format, companions, calibration, readings and signature of a model read from a file, as JSON
    types; None where there is none. `trust` is what the keys of this machine say."""
    assert model.artifact is not None
    calibration, readings, signature = model.calibration, model.readings, model.signature
    return {
        "format": format_of(model.artifact),
        "companions": [
            _companion(model, c, size)
            for c, size in zip(model.companions, _sizes(model), strict=True)
        ],
        "calibration": calibration and _calibration(model, calibration),
        "readings": readings and _readings(model, readings),
        "signed": signature is not None,
        "signature": signature
        and {
            "key": signature.key_id.hex(),
            "version": signature.model_version,
            "checked": trust is not None and trust.key is not None,
        },
    }


def lines(model: Model) -> list[str]:
    """The same for people, empty where nothing stands beside the values."""
    found = []
    if model.companions:
        cells = [
            [c.role.label, _output_name(model, c) or "-", _asked_at(model, c), str(size)]
            for c, size in zip(model.companions, _sizes(model), strict=True)
        ]
        found += ["", *table(["companion", "output", "asked at", "bytes"], cells)]
    if model.calibration:
        found += ["", *_calibration_lines(model, model.calibration)]
    if model.readings:
        found += ["", *_reading_lines(model, model.readings)]
    return found


def signature_text(model: Model, trust: Trust | None = None) -> str:
    """'not signed', or by whom, and whether that was checked."""
    return signed_by(model.signature, trust) if model.signature else "not signed"


def signed_by(signature: Signature, trust: Trust | None = None) -> str:
    """'signed by key 00112233.., version 7, not checked here'."""
    key, version = signature.key_id.hex()[:16], signature.model_version
    if trust is None or trust.key is None:
        return f"signed by key {key}.., version {version}, not checked here"
    name = f" ({trust.key.name})" if trust.key.name else ""
    return f"signed by key {key}..{name}, version {version}, signature good"


def largest_level(n_residuals: int) -> float:
    """The highest level of an interval that so many rows support, 0 for none."""
    return max(1 - 2 * max(1 / (n_residuals + 1), LEAST), 0.0) if n_residuals else 0.0


def level_text(model: Model) -> str:
    """'up to 99 %': levels of intervals that the calibration supports; '-' for none."""
    rows = model.calibration.n_residuals if model.calibration else 0
    level = floor(1e4 * largest_level(rows)) / 100
    return f"up to {level:g} %" if level else "-"


def formula(model: Model, made: Derived) -> str:
    """'energy = power / (speed * hatch)'."""
    assert model.readings is not None
    raw = [r.name for r in model.readings.raw]
    if made.formula == "program":
        said = written(
            made.program, lambda s: (raw if s.what == "raw" else model.input_names)[s.index]
        )
        return f"{model.axes[made.axis].name} = {said}"
    terms = [((raw if t.raw else model.input_names)[t.index], t.number) for t in made.terms]
    write = _product if made.formula == "product" else _sum
    return f"{model.axes[made.axis].name} = {write(made.constant, terms)}"


def _product(constant: float, terms: list[tuple[str, float]]) -> str:
    above = [_power(name, e) for name, e in terms if e > 0]
    below = [_power(name, -e) for name, e in terms if e < 0]
    if constant != 1 or not above:
        above.insert(0, f"{constant:.12g}")
    divisor = " * ".join(below)
    divisor = f"({divisor})" if len(below) > 1 else divisor
    return " * ".join(above) + (f" / {divisor}" if below else "")


def _power(name: str, exponent: float) -> str:
    return name if exponent == 1 else f"{name}^{exponent:.12g}"


def _sum(constant: float, terms: list[tuple[str, float]]) -> str:
    text = f"{constant:.12g}" if constant else ""
    for name, factor in terms:
        size = name if abs(factor) == 1 else f"{abs(factor):.12g} * {name}"
        sign = " - " if factor < 0 else " + "
        text += (sign if text else sign.strip(" +")) + size
    return text


def _sizes(model: Model) -> list[int]:
    """Bytes of the file of every companion."""
    assert model.artifact is not None
    return [int(c.record["file_size"]) for c in validate(model.artifact).companions]


def _companion(model: Model, c: Companion[Any], size: int) -> dict[str, Any]:
    places = [
        {"source": p.source.name.lower(), "name": _place(model, p)}
        | ({"weights": p.weights, "constant": p.constant} if p.source.name == "FEATURE" else {})
        for p in c.coordinates
    ]
    return {
        "role": c.role.label, "output": _output_name(model, c), "outputs": len(c.model.outputs),
        "coordinates": places, "weight": c.weight or None, "modes": c.model.interaction.rank,
        "dtypes": list(c.model.dtypes), "integer_path": c.model.integer_path, "bytes": size,
    }  # fmt: skip


def _output_name(model: Model, c: Companion[Any]) -> str | None:
    """The output of the values that a companion belongs to."""
    belongs = c.role.name in ("SCALE", "BASE")
    return model.output_names[c.output] if belongs else None


def _place(model: Model, place: Any) -> str | None:
    """The input or output that a coordinate is; None for a feature."""
    names = {"INPUT": model.input_names, "PREDICTION": model.output_names}.get(place.source.name)
    return names[place.index] if names else None


def _asked_at(model: Model, c: Companion[Any]) -> str:
    """'power, speed, 2 linear features, predicted width'."""
    of = {n: [p for p in c.coordinates if p.source.name == n] for n in ("INPUT", "PREDICTION")}
    features = len(c.coordinates) - sum(map(len, of.values()))
    words = [str(_place(model, p)) for p in of["INPUT"]]
    if features:
        words.append(f"{features} linear feature{'s' if features > 1 else ''}")
    return ", ".join(words + [f"predicted {_place(model, p)}" for p in of["PREDICTION"]])


def _calibration(model: Model, made: Calibration) -> dict[str, Any]:
    names = model.input_names
    return {
        "rows": made.n_residuals, "largest_level": largest_level(made.n_residuals) or None,
        "score_rows": made.n_scores, "least_p": made.least_p or None,
        "pairs": [
            {"inputs": [names[p.a], names[p.b]], "seen": int(p.seen.sum()), "of": p.seen.size}
            for p in made.pairs
        ],
    }  # fmt: skip


def unfamiliar_text(made: Calibration) -> str:
    """When inputs are unfamiliar; p is 1 / (rows + 1) at least."""
    if made.least_p * (made.n_scores + 1) >= 1.0:
        return f"unfamiliar where p is {made.least_p:g} or less"
    return f"too few for a p of {made.least_p:g}; levels never seen together are unfamiliar"


def _calibration_lines(model: Model, made: Calibration) -> list[str]:
    found = []
    if made.n_residuals:
        most = level_text(model)
        said = "too few for an interval" if most == "-" else f"intervals {most}"
        found.append(f"residuals of {made.n_residuals} rows: {said}")
    if made.n_scores:
        found.append(f"familiarity of {made.n_scores} rows: {unfamiliar_text(made)}")
    for pair in _calibration(model, made)["pairs"]:
        both = " and ".join(pair["inputs"])
        found.append(f"levels of {both} seen together: {pair['seen']} of {pair['of']} pairs")
    return found


def _readings(model: Model, made: Readings) -> dict[str, Any]:
    pairs = zip(model.input_names, made.tolerance.tolist(), strict=True)
    return {
        "tolerances": {name: tolerance for name, tolerance in pairs if tolerance},
        "raw": [
            {"name": r.name, "unit": r.unit, "lower": r.lower, "upper": r.upper} for r in made.raw
        ],
        "derived": {model.axes[d.axis].name: formula(model, d) for d in made.derived},
    }


def _reading_lines(model: Model, made: Readings) -> list[str]:
    tolerances = [
        f"{a.name} {t:g} {a.unit}".rstrip()
        for a, t in zip(model.axes, made.tolerance.tolist(), strict=True)
        if t
    ]
    found = [f"tolerance of sensors: {', '.join(tolerances)}"] if tolerances else []
    for r in made.raw:
        found.append(
            f"raw reading: {labelled(r.name, r.unit or '-')} in [{r.lower:g}, {r.upper:g}]"
        )
    return found + [f"derived input: {formula(model, d)}" for d in made.derived]
