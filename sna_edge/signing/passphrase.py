"""The passphrase of a private key: from a file, the environment or the terminal."""

from __future__ import annotations

import os
import sys
import unicodedata
from getpass import getpass

from ..errors import InputError
from .private_key import need_private

VARIABLE = "SNA_EDGE_PASSPHRASE"
LARGEST = 1 << 12


def passphrase(file: str | None, prompt: str, *, twice: bool = False) -> bytes:
    """The first line of `file`, else SNA_EDGE_PASSPHRASE, else what is typed (`twice` for a new
    one); in one Unicode form. Raises InputError where there is none."""
    if file is not None:
        text = _from_file(file)
    elif VARIABLE in os.environ:
        text = os.environ[VARIABLE]
    elif sys.stdin.isatty():
        text = _typed(prompt, twice)
    else:
        raise InputError(
            f"a private key needs its passphrase, and there is no terminal to type it; give"
            f" --passphrase-file FILE or set {VARIABLE}"
        )
    if not text:
        raise InputError("the passphrase is empty; give one that nobody guesses")
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogateescape")


def _from_file(path: str) -> str:
    with open(path, "rb") as file:
        need_private(path, os.fstat(file.fileno()).st_mode)
        data = file.read(LARGEST)
    try:
        return data.decode("utf-8-sig").partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; write the passphrase as its line") from None


def _typed(prompt: str, twice: bool) -> str:
    text = getpass(f"{prompt}: ")
    if twice and getpass("the same again: ") != text:
        raise InputError("the two passphrases differ; start again")
    return text
