"""Who may do what: tokens and client certificates, each with a role.

[tokens.line-3]
role = "line"             # sends parts
sha256 = "9f86d08188.."   # of the token; the token itself is nowhere in the file

[certificates.maria]      # a client certificate that client_ca has signed
role = "engineer"
common_name = "maria"
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ...errors import InputError
from ...values.documents import document, document_bytes
from ..config import Table

ROLES = ("line", "operator", "engineer", "admin")
"""Each may do what those before it may: send parts; see, export and acknowledge; change limits
and models, correct; people and records."""
BYTES = 32


@dataclass(frozen=True)
class Person:
    """Who calls, and the role."""

    name: str
    role: str

    def may(self, role: str) -> bool:
        """Whether the role allows what needs `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)


ANYBODY = Person("this machine", ROLES[-1])
"""Who calls where no tokens are asked for: nobody else can."""


@dataclass(frozen=True)
class People:
    """`tokens`: (digest, person); `certificates`: {common name: person}."""

    tokens: tuple[tuple[bytes, Person], ...]
    certificates: Mapping[str, Person]

    @property
    def roles(self) -> dict[tuple[str, str], str]:
        """{("token" or "certificate", name): role}."""
        found = {("token", person.name): person.role for _, person in self.tokens}
        return found | {("certificate", p.name): p.role for p in self.certificates.values()}

    def by_token(self, token: str) -> Person | None:
        """Whose token it is. Every digest is compared, each in a time that does not depend on where
        it differs."""
        digest = sha256(token.encode(errors="surrogatepass")).digest()
        found = None
        for known, person in self.tokens:
            if hmac.compare_digest(known, digest):
                found = person
        return found

    def by_certificate(self, certificate: Mapping[str, Any] | None) -> Person | None:
        """Whose certificate it is, which TLS has checked."""
        for group in (certificate or {}).get("subject", ()):
            for key, value in group:
                if key == "commonName":
                    return self.certificates.get(value)
        return None


def read_people(path: str) -> People:
    """The people in the file `path`. Raises InputError."""
    try:
        if os.name == "posix" and os.stat(path).st_mode & stat.S_IWOTH:
            raise InputError(f"everybody on this machine may write {path}; run chmod o-w {path}")
        return people_in(document_bytes(path), os.fspath(path))
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror}); write a file of tokens") from None


def people_in(data: bytes, path: str) -> People:
    """The people in the bytes of the file `path`. Raises InputError."""
    top = Table(document(data, path))
    tokens, certificates = list[tuple[bytes, Person]](), dict[str, Person]()
    for name, table in top.named("tokens"):
        person = Person(name, table.choice("role", ROLES))
        text = table.text("sha256")
        try:
            digest = bytes.fromhex(text)
        except ValueError:
            digest = b""
        if len(digest) != BYTES:
            raise table.wrong("sha256", text, "give the 64 digits that sna-edge station token says")
        tokens.append((digest, person))
        table.finish()
    for name, table in top.named("certificates"):
        certificates[table.text("common_name", name)] = Person(name, table.choice("role", ROLES))
        table.finish()
    top.finish()
    if not tokens and not certificates:
        raise InputError(f"{path} names nobody; add a table with sna-edge station token NAME")
    return People(tuple(tokens), certificates)


def new_token(name: str, role: str) -> tuple[str, str]:
    """A new token, and the table that lets its owner in."""
    token = secrets.token_urlsafe(BYTES)
    digest = sha256(token.encode()).hexdigest()
    return token, f'[tokens."{name}"]\nrole = "{role}"\nsha256 = "{digest}"\n'
