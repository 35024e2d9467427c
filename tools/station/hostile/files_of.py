"""What people and other programs write and read: configuration, limits and tokens as input of
`station check`, AQDEF files with hostile ids."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from sna_edge.errors import SnaError
from sna_edge.station.config import read_configuration
from sna_edge.station.doors import readers
from sna_edge.station.http.people import read_people
from sna_edge.station.out.aqdef.file import DC4, SI, Characteristic, Part, dfq

from .grammar import NO_NUMBERS, TRAPS, message
from .plant import Plant

TOKENS = '[tokens.line-3]\nrole = "line"\nsha256 = "{}"\n'.format("0" * 64)
PIECES = [b"[", b"]", b"=", b'"', b"'", b"\n", b"[[", b"{", b"}", b"\x00",
          b"\xff", b"a.b.c", b"1e999", b"inf", b"nan", b"-1", b"true", b"9" * 5000,
          b"[" * 3000, b"a." * 3000, b"2026-01-01", b"\xef\xbb\xbf", b"../../etc/passwd",
          b"/dev/zero",
          b"\\ud800", b'"""', b"#"]  # fmt: skip


def config(plant: Plant, draw: random.Random, count: int) -> None:
    """Files with bytes changed, pieces put in, values exchanged: read, or refused in a sentence."""
    texts = {name: (plant.folder / name).read_bytes() for name in ("station.toml", "limits.toml")}
    texts["tokens.toml"] = TOKENS.encode()
    folder = plant.folder / "in" / "config.d"
    folder.mkdir(exist_ok=True)
    (folder / "line.sna").write_bytes((plant.folder / "line.sna").read_bytes())
    (folder / "secret").write_text("key")
    (folder / "in").mkdir(exist_ok=True)
    for n in range(count):
        wrong = draw.choice(list(texts))
        for name, data in texts.items():
            (folder / name).write_bytes(_changed(draw, data) if name == wrong else data)
        if n % 100 == 0:
            _checked(plant, folder)
            continue
        try:
            read_configuration(folder / "station.toml", readers())
            read_people(str(folder / "tokens.toml"))
        except SnaError as error:
            if not (str(error) and str(error).isprintable()):
                plant.fault(f"config: {str(error)!r} is not one line")
        except OSError:
            continue
        except Exception as error:
            plant.fault(f"config: {type(error).__name__}: {error}")


def _changed(draw: random.Random, data: bytes) -> bytes:
    found = bytearray(data)
    for _ in range(draw.randrange(1, 4)):
        at, kind = draw.randrange(len(found)), draw.randrange(4)
        if kind == 0:
            found[at] = draw.randrange(256)
        elif kind == 1:
            found[at:at] = draw.choice(PIECES)
        elif kind == 2:
            del found[at : at + draw.randrange(40)]
            found = found or bytearray(b"x")
        else:
            lines = bytes(found).split(b"\n")
            i = draw.randrange(len(lines))
            key = lines[i].partition(b"=")[0]
            lines[i] = key + b"= " + draw.choice(NO_NUMBERS).encode()
            found = bytearray(b"\n".join(lines))
    return bytes(found)


def _checked(plant: Plant, folder: Path) -> None:
    """By the command itself, which also reads the limits and the model."""
    command = [sys.executable, "-m", "sna_edge", "station", "check", str(folder / "station.toml")]
    done = subprocess.run(command, capture_output=True, timeout=120)
    said = done.stderr.decode(errors="replace").strip()
    if b"Traceback" in done.stderr or done.returncode < 0 or (done.returncode and not said):
        plant.fault(f"check: {done.returncode}: {said[-300:]}")


def aqdef(plant: Plant, draw: random.Random, count: int) -> None:
    """Files whose ids, names and heads are hostile: every line is a value or an id, as many as
    there are parts."""
    when = datetime(2026, 3, 28, 14, 5, 9, tzinfo=timezone.utc)
    while count > 0:
        size = draw.randrange(1, 200)
        names = [message(draw, draw.choice(TRAPS)).decode("utf-8", "surrogateescape")
                 + chr(draw.randrange(0x11_0000)) for _ in range(size)]  # fmt: skip
        parts = [Part(name, when, (float(n), None)) for n, name in enumerate(names)]
        described = [Characteristic(names[0], unit=names[-1]), Characteristic("depth")]
        data = dfq([("K1001", names[0])], described, parts)
        lines = data.decode("latin-1").splitlines()  # also at the ends of lines that are none here
        values = [line for line in lines if DC4 in line]
        ids = [line for line in lines if line.startswith("K0014/1 ")]
        numbers = [line.split(SI)[0].split(DC4)[0] for line in values]
        if numbers != [str(n) for n in range(size)] or len(ids) > size:
            plant.fault(f"aqdef: {len(values)} values of {size} parts")
        if any(line[:1] != "K" and DC4 not in line for line in lines):
            plant.fault("aqdef: a line that is no field and no value")
        if len(set(ids)) != len({n for n in names if n}):
            plant.fault("aqdef: two ids became one")
        count -= size
