"""What pyproject.toml cannot say: the packages (`sna_edge/` as it is, `export/` under the import
name `sna_export`), the C library as data, the version from tags, and where the sources are."""

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOM = "sna_export"
BINDINGS = Path("firmware_bindings")
C_LIBRARY = ("sna.h", "sna_options.h", "sna.c", "cpp/sna.hpp")
RULE = runpy.run_path("tools/release/version.py")
VERSION = RULE["version"](Path.cwd())


class BuildWithLibrary(build_py):
    """Also copies the C library beside `sna_export.firmware`, which ships it next to generated
    sources, and writes the version into the package."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        RULE["stamp"](Path(self.build_lib) / "sna_edge" / "__init__.py", VERSION)
        for name in C_LIBRARY:
            if not (BINDINGS / name).exists():
                sys.exit(
                    f"{BINDINGS / name} is missing: exports from this package would be without it;"
                    " build from a whole checkout"
                )
            target = Path(self.build_lib) / ROOM / "firmware" / "library" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BINDINGS / name, target)


class StampedSource(sdist):
    """A source archive knows its version without git."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        package = Path(base_dir) / "sna_edge" / "__init__.py"
        copy = package.read_text(encoding="utf-8")
        package.unlink()  # it may be a hard link to the file of the checkout
        package.write_text(copy, encoding="utf-8")
        RULE["stamp"](package, VERSION)


def pages() -> dict[str, str]:
    """Addresses of the project, from git's remote `origin`; none where that is no web host."""
    words = ["git", "remote", "get-url", "origin"]
    try:
        remote = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return {}
    found = re.fullmatch(
        r"(?:https://(?:[^/@]*@)?|(?:ssh://)?git@)([\w.-]+)[:/](.+?)(?:\.git)?/?", remote
    )
    if not found or not Path(".git").exists():
        return {}
    home = f"https://{found[1]}/{found[2]}"
    return {
        "Source": home,
        "Changelog": f"{home}/blob/HEAD/CHANGELOG.md",
        "Issues": f"{home}/issues",
    }


setup(
    version=VERSION,
    project_urls=pages(),
    packages=[
        *find_packages(include=["sna_edge", "sna_edge.*"]),
        ROOM,
        *(f"{ROOM}.{p}" for p in find_packages("export")),
    ],
    package_dir={ROOM: "export"},
    package_data={
        "": [
            "py.typed",
            "*.c",
            "*.h",
            "sources/*.cu",
            "*.css",
            "*.js",
            "*.ts",
            "*.wasm",
            "*.html",
            "*.in",
            "templates/*.in",
            "sources/*.c",
            "sources/*.h",
            "client/*.html",
            "client/*.js",
            "client/*.css",
            "client/*/*.js",
            "client/*/*.css",
        ],
        f"{ROOM}.kit.device": ["*.sh", "*.service"],
    },
    cmdclass={"build_py": BuildWithLibrary, "sdist": StampedSource},
)
