"""Store the tables in fewer bits, re-solve around what is rounded, and certify the result."""

from __future__ import annotations

import argparse
import os
from typing import Any

from ...errors import InputError
from ...files import load
from ...model import Model
from ..arguments import add_json, writable
from ..console import emit

HELP = "store the tables as float16, int16, int8 or a mix, with an error certificate"
FIGURES = {
    "exact_rms": "guaranteed RMS error", "bound": "guaranteed worst case",
    "max": "measured worst case", "rms": "measured RMS error",
    "p999": "measured 99.9 % quantile", "integer": "measured, integer path against float",
}  # fmt: skip
"""Figures of a certificate and what they are called."""
LOOSE = 10.0
"""A guaranteed worst case so many times the measured one is said to be loose."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge quantize`."""
    parser.add_argument("model", metavar="MODEL", help="an .sna file")
    choices = ("float16", "int16", "int8", "auto")
    parser.add_argument(
        "--to", required=True, choices=choices, help="auto: the smallest mix that keeps --max-error"
    )
    parser.add_argument(
        "--max-error",
        type=float,
        metavar="E",
        help="largest error allowed, measured, as a fraction of the output range",
    )
    parser.add_argument(
        "--integer-path",
        action="store_true",
        help="add the integer path for cores without an FPU (int16 and int8 tables)",
    )
    parser.add_argument(
        "-o", "--output", required=True, metavar="OUT", help="the .sna file to write"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the quantized model and print its certificate; returns the exit code."""
    from sna_export.quantize import quantize

    writable(args.output, args.model)
    model = load(args.model, "numpy")
    small, remarks = quantize(model, args.to, max_error=args.max_error), list[str]()
    if args.integer_path:
        small, remarks = _with_integers(small)
    remarks += _wider(args, small)
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
