"""Write a model for another runtime: generated C source, ONNX, TFLite. Each file is compared with
the reference before it is kept."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from ...errors import InputError
from ...files import load
from ..arguments import add_json
from ..console import emit

HELP = "write a model as C source, ONNX or TFLite"

# target -> module with write(model, args) -> (files written, one sentence about the check, whether
# they can be used as they are)
TARGETS = {
    "c": "sna_export.firmware.command",
    "onnx": "sna_export.onnx.command",
    "tflite": "sna_export.tflite.command",
}
ENDINGS = {".c": "c", ".h": "c", ".onnx": "onnx", ".tflite": "tflite"}
UNCHECKED = 3  # exit code: files are there, and nothing has compiled them
OWN = {
    "batch": ("onnx", "tflite"),
    "opset": ("onnx",),
    "converter": ("tflite",),
    "float_only": ("c",),
}
"""Options that not every target has."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge export`."""
    parser.add_argument("model", metavar="MODEL", help="an .sna file")
    parser.add_argument(
        "--to", required=True, metavar="TARGET", help=f"one of {', '.join(TARGETS)}"
    )
    parser.add_argument(
        "-o",
        "--output",
        default=".",
        metavar="PATH",
        help="folder for the files (default: the current one), or NAME.c, NAME.onnx, NAME.tflite",
    )
    parser.add_argument(
        "--stem", metavar="NAME", help="base name of the files (default: that of the model)"
    )
    parser.add_argument(
        "--batch",
        type=int,
        metavar="N",
        help="onnx, tflite: fixed batch size (default: any)",
    )
    parser.add_argument("--opset", type=int, metavar="N", help="onnx: opset version (default: 17)")
    parser.add_argument(
        "--float-only",
        action="store_true",
        help="c: leave out the integer path for cores without an FPU",
    )
    parser.add_argument(
        "--converter", metavar="NAME", help="tflite: direct, or onnx2tf (default: direct)"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files of one target; returns 0, or 3 where nothing has compiled or run them."""
    if args.to not in TARGETS:
        raise InputError(f"unknown export target {args.to!r}; use one of {', '.join(TARGETS)}")
    for option, targets in OWN.items():
        if args.to not in targets and getattr(args, option) not in (None, False):
            raise InputError(
                f"--{option.replace('_', '-')} cannot be combined with --to {args.to}; it goes with"
                f" --to {' or '.join(targets)}"
            )
    if args.stem and Path(args.stem).name != args.stem:
        raise InputError(
            f"the stem {args.stem!r} is not a plain file name; give the folder with -o and the name"
            " with --stem"
        )
    _split_output(args)
    model = load(args.model, "numpy")
    args.stem = args.stem or Path(args.model).stem
    files, check, usable = import_module(TARGETS[args.to]).write(model, args)
    sizes = {str(path): Path(path).stat().st_size for path in files}
    status = "ok" if usable else "unchecked"
    emit(
        args,
        {"status": status, "target": args.to, "files": sizes, "check": check},
        [*_listed(sizes, Path(args.output)), check],
    )
    return 0 if usable else UNCHECKED


def _split_output(args: argparse.Namespace) -> None:
    """-o NAME.onnx is a file of that name in its folder; -o NAME a folder."""
    given, args.file = Path(args.output), None
    target = ENDINGS.get(given.suffix.lower())
    if given.is_dir() and target is None:
        return
    if target is None:
        if given.exists():
            raise InputError(
                f"{given} is a file; name a folder with -o, or a file that ends in .{args.to}"
            )
        return
    if given.is_dir():
        raise InputError(
            f"{given} is a folder named like a file; name a file in it, or another folder, with -o"
        )
    if target != args.to:
        raise InputError(
            f"{given} does not go with --to {args.to}; use --to {target}, or a name that ends in"
            f" .{args.to}"
        )
    if args.stem and args.stem != given.stem:
        raise InputError(
            f"-o {given} and --stem {args.stem} are two different names; leave one of them out"
        )
    if args.to == "c":
        _check_identifier(given)
    args.output, args.stem, args.file = str(given.parent), given.stem, given.name


def _check_identifier(given: Path) -> None:
    """The files of C are named as its functions are."""
    from sna_export.firmware.names import identifier

    name = identifier(given.stem)
    if name != given.stem:
        raise InputError(
            f"{given.name} cannot name the functions of a model in C; use -o"
            f" {given.with_name(name + given.suffix.lower())}"
        )


def _listed(sizes: dict[str, int], folder: Path) -> list[str]:
    """A line per file; the folders in `folder` as one line each."""
    inner: dict[Path, list[int]] = {}
    lines = []
    for path, size in sizes.items():
        parts = Path(path).relative_to(folder).parts
        if len(parts) == 1:
            lines.append(f"{path}: {size} bytes")
        else:
            inner.setdefault(
                folder.joinpath(*parts[:2]) if len(parts) > 2 else folder / parts[0], []
            ).append(size)
    return lines + [
        f"{place}: {len(found)} files, {sum(found)} bytes" for place, found in inner.items()
    ]
