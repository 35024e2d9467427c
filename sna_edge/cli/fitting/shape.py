"""Options of `fit` that say what shape its outputs have: they become `fit(shape=...)`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from ..options.stated import repeated, switch
from .texts import names

KINDS = {
    "increasing": "inputs with which every output rises (or stays), everywhere in the domain",
    "decreasing": "inputs with which every output falls (or stays)",
    "convex": "inputs along which every output bends upwards",
    "concave": "inputs along which every output bends downwards",
}
SHAPE = (
    *(repeated(f"--{kind}", "A,B", text) for kind, text in KINDS.items()),
    switch("--above-zero", "outputs are positive everywhere (link exp)"),
)


def shape_of(args: argparse.Namespace, known: Sequence[str]) -> dict[str, Any] | None:
    """The `shape` that `fit` is called with, None where none is asked for."""
    found: dict[str, Any] = {
        kind: names(texts, known) for kind in KINDS if (texts := getattr(args, kind))
    }
    return found | ({"positive": True} if args.above_zero else {}) or None
