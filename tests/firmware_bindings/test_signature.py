"""`sna_signed`: who made a file, asked in C by a hook; Monocypher is the example that fills it."""

from __future__ import annotations

import ctypes
import random
import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sna_edge.signing import ed25519
from sna_edge.signing.keys import key_id
from sna_edge.signing.message import block, parts

from ..c_library import STRICT
from ..sna_edge.signing.signed_files import KEY, PUBLIC, model, signed_file

pytest.importorskip("cryptography")

TRUSTED, UNSIGNED, WRONG, OLDER = range(4)


class Part(ctypes.Structure):
    _fields_ = (("bytes", ctypes.c_void_p), ("size", ctypes.c_size_t))


HOOK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(Part)
)


def asked(library: Any, hook: Any, context: Any = None) -> Callable[..., tuple[int, int]]:
    """(answer, version) of `sna_signed`."""

    def call(data: bytes, least: int = 0) -> tuple[int, int]:
        version = ctypes.c_uint64(99)
        answer = library.sna_signed(
            data, ctypes.c_size_t(len(data)), ctypes.c_uint64(least), hook, context,
            ctypes.byref(version),
        )  # fmt: skip
        return answer, version.value

    return call


@HOOK
def plain(_: Any, signature: int, key: int, given: Any) -> int:
    """The checker of Python behind the hook of C."""
    if ctypes.string_at(key, 16) != key_id(PUBLIC):
        return 1
    message = [ctypes.string_at(given[i].bytes, given[i].size) for i in range(3)]
    return int(not ed25519.verified(PUBLIC, ctypes.string_at(signature, 64), message))


@pytest.fixture(scope="module")
def monocypher(compiler: str, tmp_path_factory: pytest.TempPathFactory, root: Path) -> Any:
    """The library, the example and Monocypher, and the ring with one key."""
    folder = runpy.run_path(str(root / "tools/release/monocypher.py"))["folder"]()
    if folder is None:
        pytest.skip("Monocypher cannot be fetched here (pip download pymonocypher)")
    target = tmp_path_factory.mktemp("signed") / "signed.so"
    bindings, example = root / "firmware_bindings", root / "examples" / "signed_model"
    warnings = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
    objects = []
    for source, flags in (
        (bindings / "sna.c", warnings), (example / "monocypher_verify.c", warnings),
        (folder / "monocypher.c", []),
    ):  # fmt: skip
        made = target.with_name(f"{source.stem}.o")
        words = [compiler, *flags, "-O2", "-fPIC", "-c", f"-I{bindings}", f"-isystem{folder}"]
        subprocess.run([*words, str(source), "-o", str(made)], check=True)
        objects.append(str(made))
    subprocess.run([compiler, "-shared", *objects, "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))


class Keys(ctypes.Structure):
    _fields_ = (("keys", ctypes.c_char_p), ("count", ctypes.c_uint))


@pytest.fixture(params=["python", "monocypher"])
def ask(request: pytest.FixtureRequest, compiled: Any) -> Any:
    if request.param == "python":
        return asked(ctypes.CDLL(str(compiled("signed", "sna.c", *STRICT, "-O2"))), plain)
    library = request.getfixturevalue("monocypher")
    other = bytes.fromhex("58" + "66" * 31)
    ring = b"".join(key_id(k) + k for k in (other, PUBLIC))
    hook = ctypes.cast(library.monocypher_verify, ctypes.c_void_p)
    return asked(library, hook, ctypes.byref(Keys(ring, 2)))


def test_answers(ask: Any) -> None:
    data = signed_file(7)
    assert ask(data) == (TRUSTED, 7) == ask(data, 7)
    assert ask(data, 8) == (OLDER, 7)
    assert ask(model().to_bytes()) == (UNSIGNED, 0) == ask(b"") == ask(data[:100])
    assert ask(data[:-1]) == ask(data + b"\0") == (WRONG, 0)


def test_every_changed_bit_is_refused(ask: Any) -> None:
    data = signed_file()
    start, draw = block(data).offset, random.Random(2)
    places = [*draw.sample(range(8 * len(data)), 150), *range(8 * start, 8 * start + 1024, 13)]
    for place in places:
        changed = bytearray(data)
        changed[place >> 3] ^= 1 << (place & 7)
        assert ask(bytes(changed))[0] in (UNSIGNED, WRONG), place


def test_files_of_every_length(monocypher: Any) -> None:
    """Padding of SHA-512 at every place of its blocks."""
    ring = ctypes.byref(Keys(key_id(PUBLIC) + PUBLIC, 1))
    hook = ctypes.cast(monocypher.monocypher_verify, ctypes.c_void_p)
    data = bytearray(signed_file())
    start = block(bytes(data)).offset
    for _ in range(130):
        data += b"\1"
        data[start : start + 64] = KEY.sign(b"".join(parts(bytes(data), start)))
        assert asked(monocypher, hook, ring)(bytes(data)) == (TRUSTED, 7)
