"""The build backend of scikit-build-core, asked only where there are compilers: without one a build
ends with one sentence."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

from scikit_build_core.build import *  # noqa: F403
from scikit_build_core.build import __all__ as __all__
from scikit_build_core.build import get_requires_for_build_editable as requires_of_editable
from scikit_build_core.build import get_requires_for_build_wheel as requires_of_wheel

COMPILERS = {"C": ("CC", ("cc", "gcc", "clang")), "C++": ("CXX", ("c++", "g++", "clang++"))}


def get_requires_for_build_wheel(config_settings: Any = None) -> Any:
    """What a wheel needs besides, once the compilers are there."""
    _compilers()
    return requires_of_wheel(config_settings)


def get_requires_for_build_editable(config_settings: Any = None) -> Any:
    """The same for an editable installation."""
    _compilers()
    return requires_of_editable(config_settings)


def _compilers() -> None:
    missing = [
        language for language, (variable, names) in COMPILERS.items() if not _found(variable, names)
    ]
    if missing and os.name == "posix":
        sys.exit(
            f"sna-edge-native needs a {' and a '.join(missing)} compiler and none is on the PATH;"
            " install one (Debian: sudo apt install build-essential), name it with CC and CXX, or"
            " install a ready wheel (`make wheels`); without it the numpy backend serves"
        )


def _found(variable: str, names: tuple[str, ...]) -> bool:
    named = os.environ.get(variable, "").split()
    return any(shutil.which(name) for name in named[:1] or names)
