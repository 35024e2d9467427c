"""Zephyr modules: `sna`, the library, and one per model, which selects what it needs of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from .platform_packages import FEATURES, write_library
from .templates import filled

FEATURE = """config SNACORE_{name}
\tbool "Library: {text}"

"""
TEXTS = {
    "TT": "tensor trains",
    "F16": "half-precision tables",
    "INT": "integer tables",
    "LINK": "exp and logistic links",
    "FIXED": "integer path",
    "COMPANIONS": "what stands beside the values (format 1.1)",
}


def write_zephyr(folder: Path, name: str, sources: list[Path], needs: frozenset[str]) -> list[Path]:
    """zephyr/sna and zephyr/<name>: module folders for EXTRA_ZEPHYR_MODULES or a west manifest."""
    core, root = folder / "zephyr" / "sna", folder / "zephyr" / name
    lines = "".join(
        f"#if !defined(CONFIG_SNACORE_{n}) && !defined(SNA_NO_{n})\n#define SNA_NO_{n}\n#endif\n"
        for n in FEATURES
    )
    written = write_library(core / "src", filled("zephyr_sna_options.h", lines=lines))
    features = "".join(FEATURE.format(name=n, text=TEXTS[n]) for n in FEATURES)
    written += _module(
        core,
        "sna",
        filled("zephyr_sna_CMakeLists.txt"),
        filled("zephyr_sna_Kconfig", features=features),
    )
    (root / "src").mkdir(parents=True, exist_ok=True)
    written += [Path(shutil.copyfile(s, root / "src" / s.name)) for s in sources]
    words = {
        "name": name,
        "upper": name.upper(),
        "selects": "".join(f"\tselect SNACORE_{n}\n" for n in FEATURES if n in needs),
    }
    return written + _module(
        root,
        f"sna_{name}",
        filled("zephyr_model_CMakeLists.txt", **words),
        filled("zephyr_model_Kconfig", **words),
    )


def _module(root: Path, module: str, cmake: str, kconfig: str) -> list[Path]:
    (root / "zephyr").mkdir(parents=True, exist_ok=True)
    texts = {
        "zephyr/module.yml": filled("zephyr_module.yml", module=module),
        "CMakeLists.txt": cmake,
        "Kconfig": kconfig,
    }
    for place, text in texts.items():
        (root / place).write_text(text)
    return [root / place for place in texts]
