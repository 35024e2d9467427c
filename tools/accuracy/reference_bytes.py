"""SHA-256 of five reference fits, whole and `plain`: the same rows must give the same bytes until a
change says that they differ.

    python tools/accuracy/reference_bytes.py            print name and digest of each
    python tools/accuracy/reference_bytes.py --write    freeze them for tests/export/fit

Bytes follow the last bits of sums, so they hold for given versions of numpy and scipy and for given
kernels: OpenBLAS and numpy choose theirs by the processor. The fits therefore run in a process of
their own with the kernels of AVX2 (OPENBLAS_CORETYPE=Haswell, numpy without AVX-512) on one thread;
every x86-64 machine with AVX2 has these.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import scipy

FROZEN = Path(__file__).resolve().parents[2] / "tests" / "export" / "fit" / "reference_bytes.json"
PLAIN = ", plain"
KERNELS = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": (
        "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4"
    ),
}


def versions() -> dict[str, str]:
    """What the digests hold for."""
    return {"numpy": np.__version__, "scipy": scipy.__version__, "machine": platform.machine()}


def references() -> dict[str, tuple[Any, ...]]:
    """Arguments of fit_arrays: an exact product, few noisy rows, levels with two outputs, enough
    rows to hold some out, enough for familiarity."""
    from sna_export.fit import AxisSpec

    rng = np.random.default_rng(0)
    a, b = rng.uniform(1.03, 4.93, 60), rng.uniform(24.2, 89.6, 60)
    few, shares = rng.random((24, 2)), np.c_[rng.random(80), rng.integers(0, 3, 80)]
    many = rng.random((140, 3))
    lots = [AxisSpec("a", "mm"), AxisSpec("lot", levels=("x", "y", "z"))]
    own = np.random.default_rng(1)
    most = own.random((260, 2))
    two = np.c_[shares[:, 0] * (1.0 + shares[:, 1]), shares[:, 1] + 0.1 * rng.standard_normal(80)]
    return {
        "product": (np.c_[a, b], 3.0 * a + 0.1 * b + 0.02 * a * b),
        "few rows": (few, few[:, 0] ** 2 + 0.1 * rng.standard_normal(24)),
        "levels": (shares, two, lots, ["p", "q"]),
        "rows held out": (many, many[:, 0] ** 3 * many[:, 1] + 0.02 * rng.standard_normal(140)),
        "familiarity": (most, most @ [1.0, 2.0] + most[:, 0] * own.standard_normal(260)),
    }


def digests() -> dict[str, str]:
    """In this process, whatever its kernels."""
    from sna_export.fit import fit_arrays

    ways = {"": False, PLAIN: True}
    return {
        name + way: hashlib.sha256(fit_arrays(*given, plain=plain).model.to_bytes()).hexdigest()
        for name, given in references().items()
        for way, plain in ways.items()
    }


def portable() -> dict[str, str]:
    """In a process with the kernels above."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--here"],
        env={**os.environ, **KERNELS},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="freeze them")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.here:
        print(json.dumps(digests()))
        return
    found = portable()
    for name, digest in found.items():
        print(f"{name:21s} {digest}")
    if args.write:
        FROZEN.write_text(
            json.dumps({"for": versions(), "sha256": found}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
