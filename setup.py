"""Packages of the distribution: `sna_edge/` as it is, `export/` under the import name `sna_export`, and the C library as data."""

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOM = "sna_export"
C_LIBRARY = ("firmware_bindings/sna.h", "firmware_bindings/sna_options.h", "firmware_bindings/sna.c")


class BuildWithLibrary(build_py):
    """Also copies the C library beside `sna_export.firmware`, which ships it next to generated sources."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / ROOM / "firmware" / "library"
        for source in filter(Path.exists, map(Path, C_LIBRARY)):
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


setup(
    packages=[*find_packages(include=["sna_edge", "sna_edge.*"]), ROOM, *(f"{ROOM}.{p}" for p in find_packages("export"))],
    package_dir={ROOM: "export"},
    package_data={"": ["py.typed", "*.c", "*.h", "*.css", "*.js", "*.html", "*.in"]},
    cmdclass={"build_py": BuildWithLibrary},
)
