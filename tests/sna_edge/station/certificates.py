"""Certificates of loopback for tests."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

import pytest


def made(folder: Path) -> tuple[Path, Path, Path]:
    """(authority, certificate, key) of a server at 127.0.0.1, which is also the application
    urn:sna-edge:test, signed by an authority of its own."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, n)]) for n in ("ca", "line")]
    now = datetime.datetime.now(datetime.timezone.utc)
    found = []
    for i, (key, name) in enumerate(zip(keys, names, strict=True)):
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(names[0])
        builder = builder.public_key(key.public_key()).serial_number(i + 1)
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        builder = builder.add_extension(x509.BasicConstraints(i == 0, None), critical=True)
        if i:
            places = [
                x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                x509.DNSName("localhost"),
                x509.UniformResourceIdentifier("urn:sna-edge:test"),
            ]
            builder = builder.add_extension(x509.SubjectAlternativeName(places), critical=False)
        found.append(builder.sign(keys[0], hashes.SHA256()))
    for name, certificate in zip(("ca.pem", "line.pem"), found, strict=True):
        (folder / name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "line.key").write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "ca.pem", folder / "line.pem", folder / "line.key"
