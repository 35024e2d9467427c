"""The keys of a project file beside the recipe of its fit: the one place where they are named.
Reader, `--init` and messages take them from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TEXT, TEXTS, WHOLE, FLAG, PATH, PATHS, AMOUNTS = (
    "one text", "a list of texts", "a whole number", "true or false", "one path",
    "a list of paths", "a number, or a table {output = number}",
)  # fmt: skip
"""What a key holds, in words."""


@dataclass(frozen=True)
class Key:
    """`holds`: one of the kinds above; `about`: what it means; `example`: as TOML."""

    holds: str
    about: str
    example: str


SECTIONS: dict[str, dict[str, Key]] = {
    "release": {
        "name": Key(TEXT, "base name of the files (default: that of the project file)", '"depth"'),
        "version": Key(WHOLE, "of the model; devices refuse an older one (default: 1, or that of"
                       " the previous release plus 1)", "1"),
        "output": Key(PATH, "folder that is made (default: NAME-VERSION beside this file)",
                      '"releases/depth-1"'),
    },
    "card": {
        "intended": Key(TEXT, "what the model is for, and who may rely on it",
                        '"choosing laser settings for 316L on machine 4"'),
        "not-for": Key(TEXTS, "what it is not for", '["other alloys", "safety functions"]'),
        "failures": Key(TEXTS, "failures that you know of; those that are found are added",
                        '["reads 3 um low after a change of the lens"]'),
        "owner": Key(TEXT, "whom to ask", '"process engineering, plant 2"'),
        "data": Key(TEXT, "where the rows come from", '"trial V12, sectioned and measured"'),
    },
    "sign": {
        "key": Key(PATH, "private key of `sna-edge keygen`; model, manifest and kits are signed",
                   '"plant2.key"'),
        "passphrase-file": Key(PATH, "mode 0600 (default: SNA_EDGE_PASSPHRASE, else asked for)",
                               '"plant2.pass"'),
    },
    "firmware": {
        "float-only": Key(FLAG, "leave out the integer path for cores without an FPU", "false"),
    },
    "kit": {
        "targets": Key(TEXTS, "devices without a network (sna-edge kit --help)",
                       '["pi-aarch64-py311"]'),
        "wheels": Key(PATH, "folder with wheels of sna-edge (default: the package index)",
                      '"dist"'),
        "limits": Key(PATHS, "limits files for `watch`", '["depth.limits.toml"]'),
        "extras": Key(TEXTS, "extras of sna-edge that the device gets", '["tflite"]'),
    },
    "compare": {
        "previous": Key(PATH, "the release before: its folder or its model", '"releases/depth-1"'),
        "max-change": Key(AMOUNTS, "refuse a release whose prediction differs by more anywhere in"
                          " the shared domain, in units of the output", "{depth = 5.0}"),
        "max-rms-change": Key(AMOUNTS, "the same for the root mean square over that domain",
                              "{depth = 1.0}"),
        "max-change-at-rows": Key(AMOUNTS, "the same at the rows of the table, where inputs go"
                                  " together as they do in the process", "{depth = 2.0}"),
        "max-rms-change-at-rows": Key(AMOUNTS, "root mean square over these rows", "{depth = 0.5}"),
    },
}  # fmt: skip
ABOUT = {
    "release": "What is made.",
    "card": "What people should know; it goes into the model card.",
    "sign": "Who vouches for it. Without this section nothing is signed.",
    "firmware": "C source for microcontrollers. Without this section none is written.",
    "kit": "Archives that install without a network. Without this section none is made.",
    "compare": "What may change against the release before.",
}


def holds(kind: str, value: Any) -> bool:
    """Whether a value is of a kind."""
    if kind in (TEXT, PATH):
        return isinstance(value, str) and bool(value.strip())
    if kind in (TEXTS, PATHS):
        return isinstance(value, list) and all(holds(TEXT, v) for v in value)
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == WHOLE:
        return isinstance(value, int) and not isinstance(value, bool)
    amounts = list(value.values()) if isinstance(value, dict) else [value]
    return all(isinstance(v, (int, float)) and not isinstance(v, bool) and v >= 0 for v in amounts)
