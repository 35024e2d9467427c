"""The options that say how a table is written, shared by all words that read one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...model import Model

if TYPE_CHECKING:
    from ...table import Dialect, Source

HINT = "dialect"
"""Key of a model's metadata: the dialect that was declared when it was fitted."""


def add_dialect(parser: argparse.ArgumentParser) -> None:
    """--separator, --decimal, --encoding: what is not given is found from the file."""
    parser.add_argument(
        "--separator",
        default="",
        metavar="MARK",
        help="column separator: , ; | or tab (default: detected from the header)",
    )
    parser.add_argument(
        "--decimal",
        default="",
        metavar="MARK",
        help="decimal mark: . or , (default: detected from the cells)",
    )
    parser.add_argument(
        "--encoding",
        default="",
        metavar="NAME",
        help="text encoding (default: byte order mark, else UTF-8, else cp1252)",
    )


def declared(args: argparse.Namespace) -> dict[str, str]:
    """The options as keywords of `open_table`."""
    return {name: getattr(args, name) for name in ("separator", "decimal", "encoding")}


def hint_for(metadata: Mapping[str, Any]) -> Dialect:
    """What the fit of a model was told about its table."""
    from ...table import hint_of

    return hint_of(metadata.get(HINT))


def open_for(args: argparse.Namespace, path: str, model: Model) -> Source:
    """The table at `path`, its levels those of the model."""
    from ...table import open_table

    levels = [axis.name for axis in model.axes if axis.kind == "categorical"]
    return open_table(path, hint_for(model.metadata), **declared(args), categorical=levels)
