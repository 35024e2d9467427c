"""TLS of what the station connects to."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from ...errors import InputError
from ..config.table import Table


@dataclass(frozen=True)
class Tls:
    """`ca`: file of the authorities that vouch for the other side ("" for those of the system);
    `certificate` and `key`: files with which the station says who it is."""

    ca: str = ""
    certificate: str = ""
    key: str = ""

    def context(self) -> ssl.SSLContext:
        """A context that checks the name of the other side. Raises InputError for files that are
        none."""
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            if self.certificate:
                context.load_cert_chain(self.certificate, self.key or None)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(filter(None, (self.ca, self.certificate, self.key)))
            said = getattr(error, "strerror", None) or str(error)
            raise InputError(f"TLS cannot use {files}: {said}; give PEM files") from None
        return context


PLAIN = Tls()
"""What the system vouches for, and no certificate of the station."""


def tls_of(table: Table) -> Tls:
    """Of the entries ca, certificate and key."""
    found = Tls(table.path("ca", ""), table.path("certificate", ""), table.path("key", ""))
    if found.key and not found.certificate:
        raise InputError(f"{table.name} has a key and no certificate; give both")
    return found
