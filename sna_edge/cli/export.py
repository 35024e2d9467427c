"""Write a model for another runtime: generated C source, ONNX, TFLite. Each file is compared with the reference before it is kept."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from ..artifact import read
from ..errors import InputError
from .answer import add_json, emit

HELP = "write a model as C source, ONNX or TFLite"

# target -> module with configure(parser) and write(model, args) -> (files written, one sentence about the check)
TARGETS = {
    "c": "sna_export.firmware.command",
    "onnx": "sna_export.onnx.command",
    "tflite": "sna_export.tflite.command",
}
OWN = {"batch": ("onnx", "tflite"), "opset": ("onnx",), "converter": ("tflite",), "float_only": ("c",)}
"""Options that not every target has."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="an .sna file")
    parser.add_argument("--to", required=True, metavar="TARGET", help=f"one of {', '.join(TARGETS)}")
    parser.add_argument("-o", "--output", default=".", metavar="DIR", help="folder for the files (default: here)")
    parser.add_argument("--stem", metavar="NAME", help="how the files' names begin (default: the model's file name)")
    parser.add_argument("--batch", type=int, metavar="N", help="onnx, tflite: fix the number of rows (default: any number)")
    parser.add_argument("--opset", type=int, metavar="N", help="onnx: operator set (default: 17)")
    parser.add_argument("--float-only", action="store_true", help="c: leave out the integer path for cores without an FPU")
    parser.add_argument("--converter", metavar="NAME", help="tflite: direct, or onnx2tf (default: direct)")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    if args.to not in TARGETS:
        raise InputError(f"there is no export target {args.to!r}; use one of {', '.join(TARGETS)}")
    for option, targets in OWN.items():
        if args.to not in targets and getattr(args, option) not in (None, False):
            raise InputError(f"--{option.replace('_', '-')} is for --to {' and '.join(targets)}; leave it out for {args.to}")
    if args.stem and Path(args.stem).name != args.stem:
        raise InputError(f"the stem {args.stem!r} is no plain file name; give the folder with -o and a name with --stem")
    model = read(args.model, "numpy")
    args.stem = args.stem or Path(args.model).stem
    files, check = import_module(TARGETS[args.to]).write(model, args)
    sizes = {str(path): Path(path).stat().st_size for path in files}
    emit(args, {"status": "ok", "target": args.to, "files": sizes, "check": check}, [*_listed(sizes, Path(args.output)), check])
    return 0


def _listed(sizes: dict[str, int], folder: Path) -> list[str]:
    """A line per file; the folders in `folder` as one line each."""
    inner: dict[Path, list[int]] = {}
    lines = []
    for path, size in sizes.items():
        parts = Path(path).relative_to(folder).parts
        if len(parts) == 1:
            lines.append(f"{path}: {size} bytes")
        else:
            inner.setdefault(folder.joinpath(*parts[:2]) if len(parts) > 2 else folder / parts[0], []).append(size)
    return lines + [f"{place}: {len(found)} files, {sum(found)} bytes" for place, found in inner.items()]
