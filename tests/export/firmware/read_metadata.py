"""What foreign readers say of the folder of `--to c`, as JSON; runs in .venv-witness.

python read_metadata.py FOLDER MODEL..: Kconfig of the Zephyr modules with CONFIG_SNA_MODEL=y,
manifests of ESP-IDF, PlatformIO and Arduino.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import kconfiglib
from idf_component_tools.manager import ManifestManager
from platformio.package.manifest import schema
from platformio.package.manifest.parser import ManifestParserFactory

FPU = "config CPU_HAS_FPU_DOUBLE_PRECISION\n\tbool\n"
"""Of Zephyr itself."""


def kconfig(folder: Path, models: list[str]) -> dict:
    """Symbols that are y, and warnings."""
    modules = [*sorted((folder / "zephyr").glob("*/Kconfig"))]
    with TemporaryDirectory() as name:
        root = Path(name) / "Kconfig"
        root.write_text(FPU + "".join(f'source "{path}"\n' for path in modules))
        read = kconfiglib.Kconfig(str(root), warn_to_stderr=False)
        for model in models:
            read.syms[f"SNA_{model.upper()}"].set_value("y")
        chosen = [s.name for s in read.unique_defined_syms if s.str_value == "y"]
    return {"chosen": chosen, "warnings": read.warnings}


def manifest(path: Path) -> dict:
    """As PlatformIO reads it; its list of licences is on a server, so that ours is a word here."""
    found = ManifestParserFactory.new_from_file(str(path)).as_dict()
    return dict(schema.ManifestSchema().load_manifest(found))


def main(folder: Path, models: list[str]) -> dict:
    schema.ManifestSchema.load_spdx_licenses = staticmethod(
        lambda *_: {"licenses": [{"licenseId": "Apache-2.0"}]}
    )
    component = ManifestManager(str(folder), folder.name).load()
    return {
        "kconfig": kconfig(folder, models),
        "idf": {"version": str(component.version), "license": component.license},
        "platformio": manifest(folder / "library.json"),
        "arduino": {
            path.parent.name: manifest(path)
            for path in sorted(folder.glob("arduino/*/library.properties"))
        },
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2:]), default=str))
