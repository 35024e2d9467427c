"""What was learned, in lines to read."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 3
"""Inputs of a correction that are named, the largest first."""


def lines(path: str, told: Mapping[str, Any], args: argparse.Namespace) -> Iterator[str]:
    """Of the report of a file."""
    yield (
        f"{path}: learned beside {told['model'][:16]}.., --learn {told['mode']}:"
        f" {told['labels']} measured parts of {told['parts']}"
    )
    if args.reset is not None:
        yield f"reset: {args.reset or 'all outputs'}, back to the model alone"
    for name, one in told["outputs"].items():
        yield from _output(name, one)
    inputs = told["inputs"]
    yield from (f"alarm: {said}" for said in inputs["alarms"])
    if not inputs["alarms"]:
        how = "by --reference rows" if inputs["reference"] else "without --reference rows"
        yield f"inputs: no alarm ({how})"
    for change in told["changes"]:
        yield (
            f"at part {change['part']}, after {change['labels']} measured: correction of"
            f" {change['output']} {change['correction']}"
        )
    yield f"record: sha256 {told['correction']}"
    if args.export:
        yield f"{args.export}: the record"


def _output(name: str, one: Mapping[str, Any]) -> Iterator[str]:
    covered, count = one["covered"], one["labels"]
    if not count:
        yield f"{name}: never measured"
        return
    yield (
        f"{name}: {count} measured parts; of the last {covered['parts']}"
        f" {100 * covered['share']:.1f} % lay inside their {100 * covered['level']:g} % interval"
        f" ({100 * covered['lower']:.1f} to {100 * covered['upper']:.1f} %)"
    )
    below, above = one["width"]
    yield f"  half-widths of the model x {below:.2f} below, x {above:.2f} above"
    terms = one["correction"]
    if one["sensor"] is not None:
        sensor = one["sensor"]
        yield f"  correction in use: {sensor['by']:+.3g} to the readings of {sensor['input']}"
    elif terms is not None:
        yield f"  correction {'in use' if one['used'] else 'not in use'}: {_terms(terms)}"
    yield from (f"  alarm: {said}" for said in one["alarms"])


def _terms(terms: Mapping[str, Any]) -> str:
    unit = f" {terms['unit']}" if terms["unit"] else ""
    found = [f"{terms['constant']:+.3g}{unit} everywhere"]
    largest = sorted(terms["inputs"].items(), key=lambda one: -abs(one[1]))[:SHOWN]
    found += [f"{by:+.3g}{unit} from the lower to the upper end of {name}" for name, by in largest]
    found.append(f"modes by {terms['modes']:.3g}{unit} on average")
    found.append(f"{100 * terms['gain']:+.3g} % of a prediction's distance from the mean")
    return "; ".join(found)
