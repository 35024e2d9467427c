"""Passwords and tokens: from a file or an environment variable, never from the configuration, and
never in a log."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...errors import InputError
from ..config.table import Table

LARGEST = 1 << 16


@dataclass(frozen=True)
class Secret:
    """Where a secret lies; it is read when it is used, so that it can be changed meanwhile."""

    file: str = ""
    variable: str = ""

    def __bool__(self) -> bool:
        return bool(self.file or self.variable)

    def read(self) -> str:
        """The secret, without the end of its line; "" where none is named. Raises InputError."""
        if self.variable:
            found = os.environ.get(self.variable)
            if not found:
                raise InputError(f"the environment variable {self.variable} is not set; set it")
            return found
        if not self.file:
            return ""
        try:
            with open(self.file, "rb") as file:
                text = file.read(LARGEST).decode().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "no UTF-8 text"
            raise InputError(f"no secret can be read from {self.file}: {reason}") from None
        if not text:
            raise InputError(f"{self.file} is empty; write the secret into it")
        return text


NONE = Secret()


def secret_of(table: Table, key: str) -> Secret:
    """Of the entries KEY_file (a path) or KEY_env (the name of a variable), or neither."""
    if key in table.entries:
        raise InputError(
            f"{table.name} holds a secret in {key!r}; write it into a file and give {key}_file, or"
            f" into an environment variable and give {key}_env"
        )
    found = Secret(table.path(f"{key}_file", ""), table.text(f"{key}_env", ""))
    if found.file and found.variable:
        raise InputError(f"{table.name} has both {key}_file and {key}_env; give one of them")
    return found
