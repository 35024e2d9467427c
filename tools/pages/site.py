"""Build the pages of the repository as a site, in build/site: `make site`.

python tools/pages/site.py [--stage]

Pages are copied as they stand into build/pages, so that their links work in the repository and in
the site alike; the reference of the Python names is made from their docstrings. Nothing is fetched,
neither by the build nor by the pages; a warning is an error. --stage copies the pages and no more.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGE, PACKAGES, SITE = (ROOT / "build" / name for name in ("pages", "packages", "site"))
ROOMS = {"sna_edge": "sna_edge", "sna_export": "export"}
LINK = re.compile(r"(\]\()([^)#\s:]+)((?:#[^)\s]*)?\))")
ABOUT = """::: {}
    options:
      members: false
      show_root_heading: false
      show_root_toc_entry: false"""
CELL = re.compile(r"`([^`\n]*\\\|[^`\n]*)`")
REFERENCE = {
    "sna_edge": "Load, query, judge what comes back",
    "sna_edge.inverse": "Inverse queries",
    "sna_edge.basis": "Bases of an axis",
    "sna_edge.calculus.distribution": "Distributions",
    "sna_edge.quality": "Limits and verdicts",
    "sna_edge.quality.charts": "Control charts",
    "sna_edge.learning": "Learning from measured parts",
    "sna_edge.table": "Reading tables",
    "sna_edge.follow": "Tables that grow",
    "sna_edge.logs": "Logs of verdicts",
    "sna_edge.signing": "Keys and signatures",
    "sna_edge.store": "The store of a device",
    "sna_edge.station.records": "Records of a station",
    "sna_edge.errors": "Errors",
    "sna_edge.status": "Statuses",
    "sna_export.design": "Plan rows",
    "sna_export.partitions": "Jobs in partitions",
    "sna_export.monte_carlo": "Monte Carlo",
    "sna_export.table": "Tables to fit",
    "sna_export.fit": "Fit a table",
    "sna_export.refit": "Measured parts beside a training table",
    "sna_export.score": "Archives scored anew",
    "sna_export.solve": "State and solve an equation",
    "sna_export.fields": "Fields from runs",
    "sna_export.adopt": "Adopt other models",
    "sna_export.compress": "Fewer modes",
    "sna_export.quantize": "Smaller tables",
    "sna_export.certify": "Certificates",
    "sna_export.firmware": "C sources",
    "sna_export.kit": "A device without a network",
    "sna_export.onnx": "ONNX",
    "sna_export.tflite": "TFLite",
    "sna_export.wasm": "WebAssembly",
    "sna_export.fmu": "FMUs",
    "sna_export.st": "Structured Text",
    "sna_export.torch_side": "Training in torch",
    "sna_export.report": "Reports",
    "sna_export.page": "Pages",
    "sna_export.plot": "Plots",
}


def pages() -> list[Path]:
    """The pages of the repository, relative to it; measured tables are parts of pages."""
    found = [*ROOT.glob("*.md"), ROOT / "tools" / "README.md"]
    found += [p for room in ("docs", "examples") for p in (ROOT / room).rglob("*.md")]
    tables = ROOT / "docs" / "tables"
    return sorted(p.relative_to(ROOT) for p in found if tables not in p.parents)


def stage() -> None:
    """Copies of the pages and of every file that they link to, and the pages of the reference."""
    shutil.rmtree(STAGE, ignore_errors=True)
    for page in pages():
        text = (ROOT / page).read_text(encoding="utf-8")
        for _, target, _ in LINK.findall(text):
            linked = (ROOT / page).parent / target
            if linked.suffix != ".md" and linked.is_file():
                _copy(Path(os.path.relpath(linked, ROOT)))
        text = CELL.sub(_code, text)
        text = LINK.sub(lambda match, page=page: _resolved(match, page), text)
        (STAGE / page).parent.mkdir(parents=True, exist_ok=True)
        (STAGE / page).write_text(text, encoding="utf-8")
    shutil.copyfile(Path(__file__).with_name("site.css"), STAGE / "site.css")
    for module, title in REFERENCE.items():
        path = STAGE / "reference" / f"{module}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(reference(module, title), encoding="utf-8")


def reference(module: str, title: str) -> str:
    """The page of a module: what it says of itself, then its public names."""
    words = [f"# {title}", f"    import {module}", ABOUT.format(module)]
    return "\n\n".join([*words, *(f"::: {module}.{name}" for name in public(module)), ""])


def public(module: str) -> list[str]:
    """The names in `__all__`; without it the classes and functions defined there."""
    room, *parts = module.split(".")
    place = ROOT.joinpath(ROOMS[room], *parts)
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node in body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
        if isinstance(node, ast.ImportFrom) and any(a.name == "__all__" for a in node.names):
            return public(".".join([*module.split(".")[: -node.level], str(node.module)]))
    defined = [n.name for n in body if isinstance(n, (ast.ClassDef, ast.FunctionDef))]
    return [name for name in defined if not name.startswith("_")]


def _code(match: re.Match[str]) -> str:
    """Code in a cell of a table: a bar is escaped there, which this markdown would show."""
    return f"<code>{escape(match[1]).replace(chr(92) + '|', '&#124;')}</code>"


def _resolved(match: re.Match[str], page: Path) -> str:
    """A link to a folder leads to its README."""
    before, target, after = match.groups()
    if ((ROOT / page).parent / target).is_dir():
        target = f"{target.rstrip('/')}/README.md"
    return f"{before}{target}{after}"


def _copy(name: Path) -> None:
    (STAGE / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / name, STAGE / name)


def packages() -> None:
    """The rooms under the names they are imported by, for the reader of docstrings."""
    shutil.rmtree(PACKAGES, ignore_errors=True)
    PACKAGES.mkdir(parents=True)
    for name, room in ROOMS.items():
        (PACKAGES / name).symlink_to(ROOT / room, target_is_directory=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stage", action="store_true", help="copy the pages, build nothing")
    args = parser.parse_args()
    stage()
    packages()
    if args.stage:
        return
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--clean"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    print(f"written: {(SITE / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
