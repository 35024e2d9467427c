"""Names of a model in C: file names, prefixes and enumerators that meet nothing else, the same for
the same model every time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256

LONGEST = 48  # characters of a stem; inputs and outputs as many again
WORDS = (
    "sna sna_options selftest makefile main"  # files beside the generated ones
    " assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal"
    " stdalign stdarg stdatomic stdbit stdbool"
    " stdckdint stddef stdint stdio stdlib stdnoreturn string strings tgmath threads time uchar"
    " wchar wctype"  # C
    " endian fcntl io malloc memory process regex sched search semaphore termios unistd"  # systems
    " arduino binary pins_arduino print printable server spi stream udp wire wstring client"
    " eeprom sd"  # Arduino
    " autoconf device kernel zephyr"  # Zephyr
    " aux con nul prn clock"
)
TAKEN = frozenset(WORDS.split()) | {
    f"{port}{n}" for port in ("com", "lpt") for n in range(10)
}  # what Windows keeps for itself
OWN = (
    "H",
    "SIZE",
    "INPUTS",
    "OUTPUTS",
    "HAS_INTEGER_PATH",
    "WORK_BYTES",
    "WORK_GRAD_BYTES",
    "WORK_ROOTS_BYTES",
    "ROOTS_STEPS",
    "READINGS",
)
"""Macros of a generated header, after its prefix."""


def ascii_of(text: str) -> str:
    """Letters without their accents, Greek letters by name, everything else as it is."""
    out = []
    for sign in unicodedata.normalize("NFKD", text.replace("ß", "ss")):
        named = unicodedata.name(sign, "")
        if named.startswith("GREEK") and "LETTER " in named:
            out.append(named.split("LETTER ")[1].split()[0].lower())
        elif not unicodedata.combining(sign):
            out.append(sign)
    return "".join(out)


def word(text: str) -> str:
    """Small ASCII letters, digits and single underscores between them; '' where nothing is left;
    long texts end in a digest."""
    name = re.sub(r"[^a-z0-9]+", "_", ascii_of(text).lower()).strip("_")
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9].rstrip('_')}_{_digest(text)}"


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]


def identifier(text: str) -> str:
    """Stem of a model's files, functions and macros from a file name: no keyword, header, device or
    file of the library."""
    name = word(text)
    if not name:
        return f"model_{_digest(text)}" if text.strip("._- ") else "model_0"
    return (
        f"model_{name}"
        if name in TAKEN or name[0].isdigit() or name.startswith(("sna_", "arduino"))
        else name
    )


def enumerators(names: Iterable[str], taken: set[str], other: str) -> list[str]:
    """Names after the prefix, in capitals: the plain word, `other` and the position without one, a
    number where two would meet.

    `taken` grows by what is returned. A name that could be one of an output, or a macro of the
    header, begins with IN_.
    """
    out = []
    for position, text in enumerate(names):
        base = word(text).upper() or f"{other}{position}"
        if other == "INPUT_" and (base in OWN or base.startswith(("OUT_", "IN_", "RAW_"))):
            base = f"IN_{base}"
        made, number = base, 2
        while made in taken:
            made, number = f"{base}_{number}", number + 1
        taken.add(made)
        out.append(made)
    return out
