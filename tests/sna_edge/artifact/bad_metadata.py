"""Files whose metadata or certificate breaks the rule `bad_metadata`, and nothing before it."""

from __future__ import annotations

import json

METADATA = {
    "no axes": lambda m: m.pop("axes"),
    "no outputs": lambda m: m.pop("outputs"),
    "an axis too few": lambda m: m["axes"].pop(),
    "an output too many": lambda m: m["outputs"].append(["z", ""]),
    "name repeated": lambda m: m["axes"][1].__setitem__(0, "power"),
    "name empty": lambda m: m["axes"][1].__setitem__(0, ""),
    "name a number": lambda m: m["outputs"][0].__setitem__(0, 3),
    "unit missing": lambda m: m["axes"][0].pop(),
    "unit null": lambda m: m["outputs"][0].__setitem__(1, None),
    "levels missing": lambda m: m["axes"][3].pop(),
    "a level missing": lambda m: m["axes"][3][2].pop(),
    "levels repeated": lambda m: m["axes"][3][2].__setitem__(0, "IN718"),
    "levels of a number": lambda m: m["axes"][0].append(["a", "b"]),
    "levels of a number are text": lambda m: m["axes"][0].append("a"),
    "levels of a number are none": lambda m: m["axes"][0].append([]),
    "levels not a list": lambda m: m["axes"][3].__setitem__(2, "abc"),
    "level a number": lambda m: m["axes"][3][2].__setitem__(0, 7),
    "level a list": lambda m: m["axes"][3][2].__setitem__(0, ["x"]),
    "axes not a list": lambda m: m.__setitem__("axes", {"power": "W"}),
}


def _metadata(h, change):
    value = json.loads(h.read("metadata"))
    change(value)
    return h.replaced_json("metadata", value)


def metadata(add) -> None:
    for name, change in METADATA.items():
        add("bad_metadata", name, lambda h, c=change: _metadata(h, c))
    add("bad_metadata", "not JSON", lambda h: h.replaced(metadata=b"{"))
    add("bad_metadata", "empty", lambda h: h.replaced(metadata=b""))
    add(
        "bad_metadata",
        "not UTF-8",
        lambda h: h.replaced(metadata=h.read("metadata").replace(b"power", b"pow\xffr")),
    )
    add(
        "bad_metadata",
        "white space",
        lambda h: h.replaced(metadata=h.read("metadata").replace(b",", b", ", 1)),
    )
    add("bad_metadata", "keys not sorted", lambda h: h.replaced(certificate=b'{"b":1,"a":2}'))
    add("bad_metadata", "repeated key", lambda h: h.replaced(certificate=b'{"a":1,"a":1}'))
    add("bad_metadata", "NaN", lambda h: h.replaced(certificate=b'{"a":NaN}'))
    add("bad_metadata", "a list", lambda h: h.replaced(certificate=b"[]"))
    add(
        "bad_metadata",
        "deep",
        lambda h: h.replaced(certificate=b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    )
