"""One self-contained page: what was measured, and the reconstructed thermal histories as
pictures."""

from __future__ import annotations

import base64
import struct
import zlib
from html import escape
from typing import Any

import numpy as np
from data import Walls

SHOWN = 12

HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Inconel 718: histories and strength</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}
td,th{padding:.2rem .8rem;text-align:left;border-bottom:1px solid #ccc}
img{image-rendering:pixelated;width:9rem;margin:.2rem}
</style>"""


def page(found: dict[str, Any], images: np.ndarray, walls: Walls) -> str:
    family = found["family"]
    rows = [
        f"<tr><td>{escape(name)}<td>{s['leave one wall out']:.3f}"
        f"<td>{s.get('random 5-fold', float('nan')):.3f}<td>{s['parameters']}"
        for name, s in found["scores"].items()
    ]
    peers = "".join(
        f"<li>{escape(how)}: {score:.3f}, {escape(who)}"
        for how, (who, score) in found["peers"].items()
    )
    pictures = "".join(
        f'<img alt="reconstructed" src="{png(i.reshape(walls.shape))}">' for i in images[:SHOWN]
    )
    return (
        f"{HEAD}<h1>Inconel 718: thermal history and strength</h1><p>135 points on 12 walls."
        " Features: principal components of the wavelet images of the infrared history, in colour"
        " and in grey, sharp and blurred: the mean of six additive models, chosen inside every"
        " fold; nothing of what is held out is seen. R2 over all held-out rows, for random folds"
        " the mean over five partitions:<table><tr><th>property<th>leave one wall out<th>random"
        f" 5-fold<th>parameters{''.join(rows)}</table><ul>{peers}</ul><h2>Histories that give"
        f" {family['target']:.0f} MPa</h2><p>{family['found']} of {family['asked']} asked for, in"
        f" {family['milliseconds']:.0f} ms, kept where the training density is at least that of the"
        " outer tenth of the walls. They are statements of the model: none of them has been"
        f" built.<p>{pictures}<h2>Measured ones</h2><p>"
        + "".join(
            f'<img alt="measured" src="{png(i.reshape(walls.shape))}">'
            for i in walls.images[:: len(walls.images) // SHOWN][:SHOWN]
        )
    )


def png(image: np.ndarray) -> str:
    """A data URI of an RGB image [height, width, 3] in 0..1."""
    pixels = (255.0 * image + 0.5).astype(np.uint8)
    height, width, _ = pixels.shape
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw, 9)),
        (b"IEND", b""),
    ]
    body = b"".join(
        struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts
    )
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + body).decode()
