"""Packages of the distribution: `sna_edge/` as it is, `export/` under the import name `sna_export`,
and the C library as data."""

import shutil
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOM = "sna_export"
BINDINGS = Path("firmware_bindings")
C_LIBRARY = ("sna.h", "sna_options.h", "sna.c", "cpp/sna.hpp")


class BuildWithLibrary(build_py):
    """Also copies the C library beside `sna_export.firmware`, which ships it next to generated
    sources."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        for name in C_LIBRARY:
            if not (BINDINGS / name).exists():
                sys.exit(
                    f"{BINDINGS / name} is missing: exports from this package would be without it;"
                    " build from a whole checkout"
                )
            target = Path(self.build_lib) / ROOM / "firmware" / "library" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BINDINGS / name, target)


setup(
    packages=[
        *find_packages(include=["sna_edge", "sna_edge.*"]),
        ROOM,
        *(f"{ROOM}.{p}" for p in find_packages("export")),
    ],
    package_dir={ROOM: "export"},
    package_data={"": ["py.typed", "*.c", "*.h", "*.css", "*.js", "*.html", "*.in"]},
    cmdclass={"build_py": BuildWithLibrary},
)
