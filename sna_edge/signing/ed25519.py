"""Ed25519 signatures (RFC 8032) checked in plain Python, for machines without `cryptography`.

The curve -x^2 + y^2 = 1 + d x^2 y^2 over the integers modulo p = 2^255 - 19; points stand in
extended coordinates (X, Y, Z, T) with x = X / Z, y = Y / Z, T = X Y / Z.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha512

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Of the base point."""
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
"""Of -1."""
WIDTH_BASE, WIDTH_KEY = 7, 5
"""Bits of the windows: tables of 32 and 8 odd multiples."""

Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def verified(public: bytes, signature: bytes, parts: Iterable[bytes | memoryview]) -> bool:
    """Whether `signature` [64] is that of the message `parts`, one behind the other, by the key
    `public` [32]: [S] B = R + [h] A with S below the order and A, R in their one encoding.

    >>> verified(bytes(32), bytes(64), [b""])
    False
    """
    if len(public) != 32 or len(signature) != 64:
        return False
    scalar, key = int.from_bytes(signature[32:], "little"), decoded(public)
    if scalar >= ORDER or key is None:
        return False
    digest = sha512(signature[:32] + public)
    for part in parts:
        digest.update(part)
    x, y, z, t = key
    minus = (P - x, y, z, P - t)
    found = _two_products(scalar, int.from_bytes(digest.digest(), "little") % ORDER, minus)
    return encoded(found) == signature[:32]


def usable(public: bytes) -> bool:
    """Whether `public` is a point of the curve in its one encoding, and not one of the eight of
    small order, for which anybody can sign."""
    point = decoded(public)
    if point is None:
        return False
    for _ in range(3):
        point = _double(point)
    return point[0] % P != 0


def decoded(data: bytes) -> Point | None:
    """The point of 32 bytes; None where they are not the encoding of one."""
    y = int.from_bytes(data, "little")
    odd, y = y >> 255, y & ((1 << 255) - 1)
    if len(data) != 32 or y >= P:
        return None
    square, divisor = (y * y - 1) % P, (D * y * y + 1) % P
    x = square * divisor**3 * pow(square * divisor**7, (P - 5) // 8, P) % P
    if divisor * x * x % P != square:
        x = x * ROOT % P
    if divisor * x * x % P != square or (x == 0 and odd):
        return None
    x = P - x if x & 1 != odd else x
    return x, y, 1, x * y % P


def encoded(point: Point) -> bytes:
    """y and the lowest bit of x, in 32 bytes."""
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _double(a: Point) -> Point:
    x, y, z, _ = a
    xx, yy = x * x, y * y
    h, g = xx + yy, xx - yy
    e, f = h - (x + y) ** 2, 2 * z * z + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def _add(a: Point, b: Point) -> Point:
    p, q = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    r, s = 2 * D * a[3] * b[3] % P, 2 * a[2] * b[2]
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def _odd_multiples(point: Point, width: int) -> list[Point]:
    """1, 3, 5, ... times the point: 2^(width - 2) of them."""
    twice, found = _double(point), [point]
    while len(found) < 1 << (width - 2):
        found.append(_add(found[-1], twice))
    return found


def _digits(scalar: int, width: int) -> list[int]:
    """Odd or zero, lowest first, sum_i digit_i 2^i = scalar: any `width` neighbours hold at most
    one that is not 0."""
    found = []
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & ((1 << width) - 1)
            digit -= (digit >> (width - 1)) << width
            scalar -= digit
        found.append(digit)
        scalar >>= 1
    return found


def _two_products(s: int, h: int, key: Point) -> Point:
    """[s] B + [h] key: both sums share their doublings."""
    sums = (
        (_digits(s, WIDTH_BASE), _BASE_MULTIPLES),
        (_digits(h, WIDTH_KEY), _odd_multiples(key, WIDTH_KEY)),
    )
    point = NEUTRAL
    for i in reversed(range(max(len(digits) for digits, _ in sums))):
        point = _double(point)
        for digits, multiples in sums:
            digit = digits[i] if i < len(digits) else 0
            if digit:
                x, y, z, t = multiples[abs(digit) >> 1]
                point = _add(point, (x, y, z, t) if digit > 0 else (P - x, y, z, P - t))
    return point


_BASE = decoded((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
assert _BASE is not None
_BASE_MULTIPLES = _odd_multiples(_BASE, WIDTH_BASE)
