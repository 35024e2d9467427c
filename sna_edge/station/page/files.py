"""The files of the page, read once, and the headers that let them fetch nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

CLIENT = Path(__file__).parent / "client"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""Of the page. It computes nothing itself: WebAssembly runs in the page of the model only."""
MODEL_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'; style-src 'unsafe-inline';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Of the page file of a model, beside its own policy, which knows its script by its hash: it
fetches nothing, and is shown within the page of the station only."""
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@cache
def client() -> dict[str, tuple[bytes, str, str]]:
    """{name in the address: (bytes, kind, tag)} of all files of the page."""
    found = {}
    for path in sorted(CLIENT.rglob("*")):
        if path.suffix in KINDS:
            data = path.read_bytes()
            tag = f'"{sha256(data).hexdigest()[:16]}"'
            found[path.relative_to(CLIENT).as_posix()] = (data, KINDS[path.suffix], tag)
    return found


def files() -> frozenset[str]:
    """Addresses of the page and its files, which tell nothing of the station."""
    return frozenset(("/", *(f"/page/{name}" for name in client())))


def headers(policy: str = POLICY, tag: str = "") -> dict[str, str]:
    """Of an answer with this policy; browsers keep files and ask again by their tag."""
    return {**SAFE, "Content-Security-Policy": policy, "Cache-Control": "no-cache"} | (
        {"ETag": tag} if tag else {}
    )
