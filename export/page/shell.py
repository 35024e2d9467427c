"""The page as one file: client modules in the order of their imports, model and kernel as text, and
a policy that lets the page run its own script and style and fetch nothing. Modules are deflated as
the rest is; a short script unpacks them into a script element that the policy knows by its hash.

    Content-Security-Policy: default-src 'none'; style-src 'sha256-..'; img-src data:;
                             script-src 'sha256-..' 'sha256-..' 'wasm-unsafe-eval'
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from ..report.page import META, PLOT_STYLE

CLIENT = Path(__file__).parent / "client"
KERNEL = Path(__file__).parents[1] / "wasm"
FIRST = "start.js"
IMPORT = re.compile(r"^import \{[^}]*\} from '(\.[\w./-]+)';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function\b|const\b|let\b|class\b)", re.MULTILINE)
BLOCK = re.compile(r"^[ \t]*/\*\*.*?\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
LINE = re.compile(r"^[ \t]*//.*\n", re.MULTILINE)
INDENT = re.compile(r"^[ \t]+|^\n", re.MULTILINE)
UNPACK = """(async () => {
const block = document.getElementById('code').textContent;
const bytes = Uint8Array.from(atob(block), (letter) => letter.charCodeAt(0));
const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
const script = document.createElement('script');
script.type = 'module';
script.textContent = await new Response(stream).text();
document.head.append(script);
})().catch(() => {
document.getElementById('views').textContent = 'The views need a browser of 2023 or later.';
});"""
LICENSE = "// SPDX-License-Identifier: Apache-2.0\n"
TOP = re.compile(r"^(?:async )?(?:function\*?|const|let|class) (\w+)", re.MULTILINE)


def render(title: str, lead: str, about: Mapping[str, Any], model: bytes, report: str = "") -> str:
    """The HTML of a page. `about` is what content.py gathers, `model` an artifact, `report` blocks
    of HTML that are readable without a script too."""
    style, code = styles(), script()
    policy = (
        f"default-src 'none'; script-src {_hash(UNPACK)} {_hash(code)} 'wasm-unsafe-eval';"
        f" style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = (
        f'{META}<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{style}</style>'
    )
    body = (
        f'<header><h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p>'
        '<div id="tabs" role="tablist" aria-label="Views"></div></header>'
        '<main id="views"><noscript><p>The interactive views need JavaScript.</p></noscript></main>'
        + (f'<div id="report">{report}</div>' if report else "")
        + _block("about", "application/octet-stream", packed(_json(about)))
        + _block("model", "application/octet-stream", packed(model))
        + _block("wasm", "application/octet-stream", packed(kernel()))
        + _block("code", "application/octet-stream", packed(code.encode()))
        + f"<script>{UNPACK}</script>"
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def packed(data: bytes) -> str:
    """Base64 of raw deflate, which every browser undoes."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b64encode(squeezed.compress(data) + squeezed.flush()).decode("ascii")


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _block(name: str, kind: str, text: str) -> str:
    return f'<script id="{name}" type="{kind}">{text}</script>'


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"


@cache
def kernel() -> bytes:
    """The C library as WebAssembly."""
    return (KERNEL / "sna.wasm").read_bytes()


@cache
def styles() -> str:
    """The style sheets of the plots and of the page, then those of single views."""
    own = sorted(CLIENT.rglob("*.css"), key=lambda path: (path.name != "page.css", str(path)))
    return PLOT_STYLE + "".join(path.read_text(encoding="utf-8") for path in own)


@cache
def script() -> str:
    """All client modules as one. Raises ValueError where two of them give one name at the top."""
    order: list[Path] = []
    _follow(CLIENT / FIRST, order)
    whole: list[str] = []
    owner: dict[str, Path] = {}
    for path in order:
        text = EXPORT.sub("", IMPORT.sub("", path.read_text(encoding="utf-8")))
        for name in TOP.findall(text):
            if owner.setdefault(name, path) != path:
                raise ValueError(
                    f"{path.name} and {owner[name].name} both define {name}; rename one of them"
                )
        whole.append(_shortened(text))
    return LICENSE + "".join(whole)


def _shortened(text: str) -> str:
    """A module without remarks, indentation and empty lines; the modules have no text of several
    lines that would change."""
    return INDENT.sub("", LINE.sub("", BLOCK.sub("", text)))


def _follow(path: Path, order: list[Path]) -> None:
    """Append a module behind those that it imports."""
    if path in order:
        return
    for name in IMPORT.findall(path.read_text(encoding="utf-8")):
        _follow(_place(path, name), order)
    order.append(path)


def _place(path: Path, name: str) -> Path:
    return KERNEL / "sna.js" if name == "./sna.js" else (path.parent / name).resolve()
