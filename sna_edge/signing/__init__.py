"""Who made a file: Ed25519 signatures of artifacts (FORMAT.md section 11) and the keys a machine
trusts.

    keys = read_keys("keys.txt")                  # public keys and what each may sign
    trust = examined(data, keys)                  # TrustError: unsigned, wrong_signature, ...

Checking needs the standard library only; making keys and signing need `cryptography`.
"""

from .keys import KeyRing, PublicKey, configured_keys, read_keys
from .trust import Trust, examined

__all__ = ["KeyRing", "PublicKey", "Trust", "configured_keys", "examined", "read_keys"]
