"""Store the tables in fewer bits, re-solve around what is rounded, and certify the result."""

from __future__ import annotations

import argparse
import os
from typing import Any

from ...core.output import Output
from ...errors import InputError
from ...model import Model
from ...uncertainty.typical import typical_outputs
from ..arguments import add_json, writable
from ..columns import input_rows
from ..console import emit
from ..options.dialect import add_dialect
from ..options.stated import choice, state, switch, value
from ..shape import shape_lines, shape_proofs
from ..trusted.options import add_trust, load_model

HELP = "store the tables as float16, int16, int8 or a mix, with an error certificate"
FIGURES = {
    "exact_rms": "guaranteed RMS error", "bound": "guaranteed worst case",
    "max": "measured worst case", "rms": "measured RMS error",
    "p999": "measured 99.9 % quantile", "integer": "measured, integer path against float",
}  # fmt: skip
"""Figures of a certificate and what they are called."""
LOOSE = 10.0
"""A guaranteed worst case so many times the measured one is said to be loose."""

MUCH_WIDER = 1.25
"""Times the width before, from which on it is said."""

TYPES = ("float16", "int16", "int8", "auto")
OPTIONS = (
    value("model", "MODEL", "an .sna file"),
    choice("--to", TYPES, "auto: the smallest mix that keeps --max-error", required=True),
    value("--max-error", "E", "largest error allowed, measured, as a fraction of the output range",
          type=float),
    value("--data", "ROWS.csv", "rows like those the model is asked at (inputs; other columns are"
          " ignored): tables are rounded for them too, and from 50 on intervals grow by the errors"
          " there alone"),
    switch("--integer-path", "add the integer path for cores without an FPU (int16 and int8"
           " tables)"),
    value("-o --output", "OUT", "the .sna file to write", required=True),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge quantize`."""
    state(parser, OPTIONS)
    add_dialect(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the quantized model and print its certificate; returns the exit code."""
    from sna_export.quantize import quantize

    writable(args.output, args.model, args.data)
    model = load_model(args, "numpy")
    data = input_rows(args, args.data, model) if args.data else None
    small = quantize(model, args.to, max_error=args.max_error, data=data, level_index=True)
    remarks = _widths(model, small, bool(args.data))
    if args.integer_path:
        small, more = _with_integers(small)
        remarks += more
    remarks += _wider(args, small) + _shape(small)
    small.save(args.output)
    before, after = os.path.getsize(args.model), os.path.getsize(args.output)
    dtypes = dict(zip(small.input_names, small.dtypes, strict=True))
    answer = {
        "status": "ok", "output": args.output, "bytes": after, "bytes_before": before,
        "dtypes": dtypes, "certificate": small.certificate,
        "max_error": small.certificate.get("max"), "integer_path": small.integer_path,
        "remarks": remarks,
    }  # fmt: skip
    lines = [
        f"{args.output}: {after} bytes (was {before}); "
        + ", ".join(f"{n} {t}" for n, t in dtypes.items())
    ]
    emit(args, answer, lines + certificate_lines(small.certificate) + remarks)
    return 0


def _shape(model: Model) -> list[str]:
    """Which parts of the shape asked of the fit rounding has lost, and what to do about it."""
    lost = [str(claim) for claim, holds in shape_proofs(model).items() if not holds]
    if not lost:
        return shape_lines(model)
    return [
        f"rounding loses what was proved: {', '.join(lost)} no longer holds for certain; store"
        " wider types than these, or keep the file as it was"
    ]


def _widths(model: Model, small: Model, given: bool) -> list[str]:
    """Says which intervals rounding made much wider, and what to do about it."""
    grown = []
    for before, after in zip(typical_outputs(model), typical_outputs(small), strict=True):
        if before.interval and after.interval and _width(after) > MUCH_WIDER * _width(before):
            grown.append(f"of {after.name} {_width(before):.2g} -> {_width(after):.2g}")
    if not grown:
        return []
    why = "store wider types, or say a --max-error"
    if not given:
        why = "give --data ROWS.csv, so that only errors at rows like yours count, or " + why
    return [f"rounding makes intervals much wider ({', '.join(grown)}); {why}"]


def _width(output: Output) -> float:
    return output.interval.below + output.interval.above if output.interval else 0.0


def _wider(args: argparse.Namespace, model: Model) -> list[str]:
    """Says which inputs could not be stored in the type that was asked for."""
    wider = [
        name
        for name, dtype in zip(model.input_names, model.dtypes, strict=True)
        if dtype != args.to
    ]
    if args.to == "auto" or args.max_error is None or not wider:
        return []
    return [
        f"{', '.join(wider)} kept wider than {args.to}, whose error is above {args.max_error:g};"
        " allow a larger --max-error for smaller tables"
    ]


def _with_integers(model: Model) -> tuple[Model, list[str]]:
    """The model with its integer path; without it and with the reason where it has none that can be
    used."""
    from sna_export.certify import with_integer_path

    try:
        return with_integer_path(model), []
    except InputError as error:
        return model, [f"written without the integer path: {error}"]


def certificate_lines(certificate: dict[str, Any]) -> list[str]:
    """The figures of a certificate in percent of the output range (guaranteed ones perhaps of the
    range before the link)."""
    linear = {"exact_rms", "bound"} if "rigorous" in certificate else set()
    lines = []
    for key in (key for key in FIGURES if key in certificate):
        of = f"range {certificate['rigorous']}" if key in linear else "range"
        lines.append(f"  {FIGURES[key] + ':':38s}{_percent(certificate[key])} of the {of}")
        if key == "bound" and certificate[key] > LOOSE * certificate.get("max", certificate[key]):
            lines[-1] += " (loose)"
    return lines


def _percent(share: float) -> str:
    """'0.05 %', '150 %': two digits, none of them behind whole hundreds."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"
