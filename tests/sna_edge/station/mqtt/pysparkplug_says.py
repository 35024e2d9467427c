"""Run by an environment with pysparkplug: `read` payloads that we wrote, or `write` some for us."""

import datetime
import json
import sys

import pysparkplug as foreign

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def plain(value):
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    if isinstance(value, datetime.datetime):
        return round((value - EPOCH).total_seconds() * 1000)
    return value.hex() if isinstance(value, bytes) else value


def metric(m):
    return [
        m.name,
        plain(m.value),
        int(m.datatype),
        m.alias,
        m.timestamp,
        m.is_historical,
        m.is_transient,
    ]


def read(birth, data):
    born = foreign.NBirth.decode(bytes.fromhex(birth))
    return [
        {"seq": p.seq, "time": p.timestamp, "metrics": [metric(m) for m in p.metrics]}
        for p in (born, foreign.NData.decode(bytes.fromhex(data), birth=born))
    ]


def write(entries):
    metrics = []
    for name, value, kind, alias in entries:
        if kind in (13, 34):  # it takes times as such
            moment = [
                EPOCH + datetime.timedelta(milliseconds=v)
                for v in (value if kind == 34 else [value])
            ]
            value = tuple(moment) if kind == 34 else moment[0]
        elif kind in (17, 18) and value is not None:
            value = bytes.fromhex(value)
        elif isinstance(value, list):
            value = tuple(value)
        metrics.append(
            foreign.Metric(7, name, foreign.DataType(kind), None, value, alias, is_historical=True)
        )
    birth = foreign.NBirth(timestamp=5, seq=0, metrics=tuple(metrics))
    return birth.encode().hex()


asked = json.load(sys.stdin)
print(json.dumps(read(*asked["read"]) if "read" in asked else write(asked["write"])))
