"""Write a model for another runtime: generated C source, ONNX, TFLite, WebAssembly for JavaScript,
an FMU for simulators, Structured Text for programmable controllers; or as one HTML page to look at
it. Each file is compared with the reference before it is kept; a page compares when it opens."""

from __future__ import annotations

import argparse
import re
from importlib import import_module
from pathlib import Path

from ...errors import InputError
from ...model import Model
from ..arguments import add_json, share_of
from ..console import emit
from ..options.dialect import add_dialect
from ..targets import OPTIONS, TARGETS, flag, target_of
from ..trusted.options import add_trust, load_model

HELP = "write a model as C source, ONNX, TFLite, WebAssembly, FMU or Structured Text, or as a page"

UNCHECKED = 3  # exit code: files are there, and nothing has compiled them


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
        help="folder for the files (default: the current one), or NAME.c, NAME.onnx, NAME.tflite,"
        " NAME.fmu, NAME.st, NAME.html",
    )
    parser.add_argument(
        "--stem", metavar="NAME", help="base name of the files (default: that of the model)"
    )
    for option, settings in OPTIONS.items():
        parser.add_argument(flag(option), **settings)
    add_dialect(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files of one target; returns 0, or 3 where nothing has compiled or run them."""
    if args.to not in TARGETS:
        raise InputError(f"unknown export target {args.to!r}; use one of {', '.join(TARGETS)}")
    for option in OPTIONS:
        targets = [t.name for t in TARGETS.values() if option in t.options]
        if args.to not in targets and getattr(args, option) not in (None, False):
            raise InputError(
                f"{flag(option)} cannot be combined with --to {args.to}; it goes with"
                f" --to {' or '.join(targets)}"
            )
    if args.stem and Path(args.stem).name != args.stem:
        raise InputError(
            f"the stem {args.stem!r} is not a plain file name; give the folder with -o and the name"
            " with --stem"
        )
    args.level = None if args.level is None else share_of("--level", args.level)
    _split_output(args)
    model = load_model(args, "numpy")
    model, remark = _at_probes(model, args.to)
    args.stem = re.sub("[\ud800-\udfff]", "_", args.stem or Path(args.model).stem)  # no UTF-8
    writer = import_module(TARGETS[args.to].module)
    if args.file and hasattr(writer, "check_name"):
        writer.check_name(Path(args.output) / args.file)
    files, check, usable = writer.write(model, args)
    check += remark
    sizes = {str(path): Path(path).stat().st_size for path in files}
    status = "ok" if usable else "unchecked"
    emit(
        args,
        {"status": status, "target": args.to, "files": sizes, "check": check},
        [*_listed(sizes, Path(args.output)), check],
    )
    return 0 if usable else UNCHECKED


def _at_probes(model: Model, target: str) -> tuple[Model, str]:
    """The model as a target of the C core takes it, and what it lacks, in words: a part is its
    probes. Raises InputError for a part without any."""
    parts = [a for a in model.axes if a.mesh is not None]
    if not parts or TARGETS[target].nodes:
        return model, ""
    small = model.at_probes()
    kept = [
        f"; {a.name!r} is its probes alone: {', '.join(small.axes[d].level_names)}"
        for d, a in enumerate(model.axes)
        if a.mesh is not None
    ]
    return small, "".join(kept)


def _split_output(args: argparse.Namespace) -> None:
    """-o NAME.onnx is a file of that name in its folder; -o NAME a folder."""
    given, args.file = Path(args.output), None
    target = target_of(given.suffix)
    if given.is_dir() and target is None:
        return
    if target is None:
        if given.exists():
            single = f", or a file that ends in .{args.to}" if TARGETS[args.to].extensions else ""
            raise InputError(f"{given} is a file; name a folder with -o{single}")
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
    args.output, args.stem, args.file = str(given.parent), given.stem, given.name


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
