"""Hostile messages of a part, drawn from a grammar.

A *sabotaged* message is a good one (power 171.25 W, which no other message has) with one thing that
makes it no legal reading: an ACCEPT of that power is a false one. A *flipped* message is a good one
with bytes changed, which may be legal afterwards.
"""

from __future__ import annotations

import json
import random

FALSE = 171.25
"""The power of sabotaged messages: it would be accepted."""
GOOD = {200.0: "ACCEPT", 290.0: "REJECT", 235.0: "NO VERDICT"}
"""Powers of good parts, and what they get."""
NO_NUMBERS = [
    "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "true", "false", "null", "[]", "{}", '""',
    '"abc"', '"0x10"', '"1_000"', '"\\uff12\\uff10\\uff10"', '"200 parsec"', '"171.25 V"', "99.99",
    "301", "-171.25", "1e308", '"171,25"', '"NaN"', '"inf"', "[171.25]", '{"a": 171.25}', '" "',
    '"\\u0000"', '"\\ud800"', '"171.25; DROP TABLE records"', '"=1+1"', "9" * 400, "9" * 5000,
    '"' + "1" * 5000 + '"', '"<script>alert(1)</script>"', '"${jndi:ldap://x}"', '"%s%n"',
]  # fmt: skip
NO_IDS = ["[]", "{}", "true", "1.5", "1e400", "NaN", '"\\u0000"', '"\\ud800"', '"a\\nb"', "9" * 300,
          '"' + "x" * 300 + '"', '"\\u202e"', '"\\u001b[31m"', "[[[]]]"]  # fmt: skip
NO_SEQUENCES = ["-1", "1.5", '"1"', "true", "[]", "{}", "9007199254740992", "1e400", "NaN", '"x"']
NO_RECIPES = ['"none"', "[]", "{}", "0", "1", "true", "false", '"\\ud800"', '"../../etc/passwd"',
              '"' + "r" * 300 + '"', '"\\u0000"', '"default "']  # fmt: skip
NO_READINGS = ["3", "[]", '"x"', "true", "[171.25]", "{}", '{"Power": 171.25}', "1e400"]
NAMES = ["Power", "power ", "p\\u03bfwer", "POWER", "", "power\\u0000", "\\ud800", "__proto__"]
"""Names of an input that are not power."""
TRAPS = ["=cmd()", "<img src=x onerror=alert(1)>", "';DROP TABLE records;--", "../../etc/passwd",
         "a=b", "K0001/1 9", "\u2026K2004/1 1", "{{7*7}}", "%00", "\u0416\u0429", "+1",
         "@x", "-x"]  # fmt: skip
"""Beginnings of ids that are legal, and mean something to others."""


def good(name: str, power: float) -> bytes:
    """A good part."""
    return json.dumps({"part": name, "power": power}).encode()


def sabotaged(draw: random.Random, name: str) -> bytes:
    """A part of power 171.25 that is no legal reading; on one line."""
    return draw.choice((_value, _value, _entry, _form, _form, _bytes))(draw, name)


def _value(draw: random.Random, name: str) -> bytes:
    no = draw.choice(NO_NUMBERS)
    inner = f'"power": {no}'
    if draw.random() < 0.3:
        inner = f'"reading": {{{inner}}}'
    return f'{{"part": "{name}", {inner}}}'.encode()


def _entry(draw: random.Random, name: str) -> bytes:
    power = f'"power": {FALSE}'
    kind = draw.randrange(6)
    if kind == 0:
        return f'{{"part": {draw.choice(NO_IDS)}, {power}}}'.encode()
    if kind == 1:
        return f'{{"part": "{name}", "sequence": {draw.choice(NO_SEQUENCES)}, {power}}}'.encode()
    if kind == 2:
        return f'{{"part": "{name}", "recipe": {draw.choice(NO_RECIPES)}, {power}}}'.encode()
    if kind == 3:
        return f'{{"part": "{name}", "reading": {draw.choice(NO_READINGS)}, {power}}}'.encode()
    if kind == 4:
        return f'{{"part": "{name}", "{draw.choice(NAMES)}": {FALSE}}}'.encode()
    return f'{{"part": "{name}", {power}, {power}}}'.encode()


def _form(draw: random.Random, name: str) -> bytes:
    text = f'{{"part": "{name}", "power": {FALSE}}}'
    deep = draw.choice((33, 100, 990, 1000, 2000))
    forms = [
        text[: draw.randrange(len(text))], text + "x", text + text, text + "]", "[" + text,
        text.replace(":", "=", 1), text.replace('"', "'"), text.replace("}", ",}"), f"/* */{text}",
        text.replace("171", "0171"), text.replace("171", "+171"), text.replace("171", "0xab"),
        f"({text})", f"\\{text}", text.replace('"part"', "part"), f"{text} // x", f"\x00{text}",
        text.replace('"power"', '"x": ' + "[" * deep + "]" * deep + ', "power"'),
        text.replace('"power"', '"x": ' + '{"a":' * deep + "1" + "}" * deep + ', "power"'),
        text.replace(name, f"{name}\t"), text.replace(name, f"{name}\\x"), "<xml/>", "null", "[]]",
        text.replace(name, f"{name}\\ud8"), text.replace("}", ""), "{}" + text, "-", "171.25", '"',
    ]  # fmt: skip
    return draw.choice(forms).encode()


def _bytes(draw: random.Random, name: str) -> bytes:
    text = f'{{"part": "{name}", "power": {FALSE}}}'
    data = text.encode()
    some = bytes(draw.choice((0xFF, 0xC0, 0x80, 0xFE)) for _ in range(3))
    forms = [
        data.replace(name.encode(), name.encode() + some), text.encode("utf-16-le")[1:],
        some + data, b"\xef\xbb\xbf" * 2 + data, data.replace(b"power", b"p\xf6wer"),
        text.encode("cp500", "replace"),
        data.replace(b"power", b"power\xed\xa0\x80"), bytes(draw.choice(range(11, 256))
                                                            for _ in range(40)),
    ]  # fmt: skip
    return draw.choice(forms).replace(b"\n", b" ")


def flipped(draw: random.Random, name: str) -> bytes:
    """A good part with a few bytes changed; on one line, and no list."""
    power = draw.uniform(50.0, 350.0)
    data = bytearray(b'{"part": "%s", "power": %.3f, "sequence": 0}' % (name.encode(), power))
    for _ in range(draw.randrange(1, 6)):
        data[draw.randrange(1, len(data))] = draw.randrange(256)
    return bytes(data).replace(b"\n", b" ")


def trapped(draw: random.Random, name: str) -> bytes:
    """A good part whose id means something to a page, a shell or a spreadsheet, with measured
    values that are none."""
    junk = {draw.choice(TRAPS): draw.choice([1e400, "x", None, [], {}, True, 10**300, "1 parsec"])}
    told = {"part": draw.choice(TRAPS) + name, "power": 200.0, "measured": junk}
    return json.dumps(told, ensure_ascii=draw.random() < 0.5).encode()


def message(draw: random.Random, name: str) -> bytes:
    """Any of these, on one line."""
    kind = draw.random()
    if kind < 0.6:
        return sabotaged(draw, name)
    return flipped(draw, name) if kind < 0.9 else trapped(draw, name)
