"""What else a device reads, as targets: lines and limits of watch, the log of a store, manifests,
keys, learned state. Each says in a word how an input ended, and lets through what is no refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from fuzzed.texts import changed_arrays, changed_log, changed_text

from sna_edge import CP, Interval, Model, Output, level_axis, spline_axis
from sna_edge.cli.console import json_value
from sna_edge.errors import SnaError
from sna_edge.learning import Learner
from sna_edge.quality import Limit, Line, LineLimits
from sna_edge.quality.limits import limits_in
from sna_edge.signing import KeyRing
from sna_edge.signing.keys import PublicKey, read_keys
from sna_edge.signing.private_key import opened
from sna_edge.signing.trust import Trust
from sna_edge.store import Store
from sna_export.kit import check_kit
from sna_export.release.manifest import check_release, is_release
from sna_export.sealed.signature import MANIFEST, SIGNATURE

SHA256 = "ab" * 32
POINT = "58" + "66" * 31
"""The base point of Ed25519, as a public key."""


def line_model() -> Model:
    """width = 50 + power / 2 - 20 (speed - 1) +- 5, of two alloys; depth without an interval."""
    axes = [
        spline_axis("power", "W", 100.0, 300.0, spans=4, degree=1),
        spline_axis("speed", "m/s", 0.5, 1.5, spans=1, degree=1),
        level_axis("alloy", ("316L", "IN718")),
    ]
    tables = (np.linspace(50.0, 150.0, 5)[:, None], np.array([[10.0], [-10.0]]), np.empty((2, 0)))
    modes = (np.array([0]), np.array([1]), np.array([], dtype=int))
    outputs = [Output("width", "um", interval=Interval(0.9, 5.0, 5.0)), Output("depth", "um")]
    return Model(axes, CP(tables, modes, np.array([[1.0, 1.0], [1.0, 0.0]])), outputs)


def part(i: int = 0) -> dict[str, Any]:
    """A reading of the line."""
    return {"id": f"p{i}", "power": 140.0 + i, "speed": 1.0, "alloy": "316L"}


class Lines:
    """Lines of watch: every one gets a verdict, and nothing is raised."""

    def __init__(self, folder: Path) -> None:
        model = line_model()
        limits = LineLimits((Limit("width", usl=120.0),))
        self.learner = Learner(model, SHA256)
        self.plain = Line(model, limits)
        self.learning = Line(model, limits, learner=self.learner)
        more = [
            {"power": "140 W", "speed": "900 mm/s", "alloy": "IN718", "part": 3},
            {"id": "p0", "measured": {"width": 101.5}},
            {**part(1), "measured": {"width": 99.0, "depth": 3.0}, "time": "2026-01-01T00:00:00Z"},
            {"inputs": part(2), "id": None},
        ]
        self.seeds = [json.dumps(v).encode() for v in (part(), *more)]

    def changed(self, data: bytes, rng: Random) -> bytes:
        base = rng.choice(self.seeds) if rng.random() < 0.5 else data
        return changed_text(base, rng).replace(b"\n", b" ")

    def ask(self, data: bytes, number: int) -> str:
        line = self.plain if number % 2 else self.learning
        (answer,) = line.lines([data])
        json.dumps(json_value(answer), allow_nan=False).encode()
        return f"{answer['verdict']}: {answer['status']}" if "verdict" in answer else "measured"


class Limits:
    """Limits of watch, as TOML and as JSON."""

    def __init__(self, folder: Path) -> None:
        self.model = line_model()
        self.seeds = [
            b'[outputs.width]\nLSL = 80.0\nUSL = 120.0\ntarget = 100\n[knobs.speed]\ncost = 1.0\n',
            b'[outputs]\ndepth = {USL = 3}\n[outputs.width]\nLSL = -inf\ntarget = 1\n',
            b'edge = "interval"\n[outputs.depth]\nUSL = 1e3\n[knobs]\npower = {step = 5}\n',
            b'{"outputs": {"width": {"LSL": 80.0, "USL": 120}}, "knobs": {"speed": {}}}',
        ]  # fmt: skip

    def changed(self, data: bytes, rng: Random) -> bytes:
        return changed_text(rng.choice(self.seeds) if rng.random() < 0.5 else data, rng)

    def ask(self, data: bytes, number: int) -> str:
        name = "limits.json" if data.lstrip()[:1] == b"{" else "limits.toml"
        limits_in(data, name, self.model)
        return "read"


class StoreLog:
    """The log of a store beside its two models; what is read can be rolled back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "store"
        store, models = (
            Store(self.folder),
            [line_model(), line_model().replace(certificate={"n": 2})],
        )
        for model in models:
            data = model.to_bytes()
            store.install(data, Trust(sha256(data).hexdigest(), "unsigned"))
        store.refused("cd" * 32, "no such key")
        store.rollback("by hand")
        self.kept = {p.name: p.read_bytes() for p in self.folder.iterdir()}
        self.seeds = [self.kept["log"]]

    def changed(self, data: bytes, rng: Random) -> bytes:
        return changed_log(rng.choice(self.seeds) if rng.random() < 0.5 else data, rng)

    def ask(self, data: bytes, number: int) -> str:
        (self.folder / "log").write_bytes(data)
        store = Store(self.folder)
        store.active()
        if number % 4 == 0:
            store.rollback()
            Store(self.folder).active()
        return "an active model"


class Manifests:
    """Manifests of kits and releases, and their signatures."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "sealed"
        self.folder.mkdir()
        (self.folder / "line.sna").write_bytes(b"a model")
        files = {"line.sna": sha256(b"a model").hexdigest()}
        target = {"name": "linux-x86_64-py311", "python": "3.11", "machine": "x86_64"}
        kit = {"sna_edge_kit": 1, "files": files, "target": target, "models": ["line.sna"]}
        release = {"sna_edge_release": 1, "name": "line", "version": 3, "model": "line.sna",
                   "files": files, "created": "2026-01-01T00:00:00Z"}  # fmt: skip
        public = PublicKey(bytes.fromhex(POINT))
        self.ring = KeyRing({public.key_id: public}, "keys.txt")
        marks = [f"sna_edge_{word}_signature" for word in ("kit", "release")]
        told = {"key_id": public.key_id.hex(), "signature": "00" * 64}
        self.seeds = [json.dumps(v, indent=1).encode() for v in (kit, release)]
        self.good = dict(zip(marks, self.seeds, strict=True))
        self.seeds += [json.dumps({mark: 1, **told}).encode() for mark in marks]

    def changed(self, data: bytes, rng: Random) -> bytes:
        return changed_text(rng.choice(self.seeds) if rng.random() < 0.5 else data, rng)

    def ask(self, data: bytes, number: int) -> str:
        mark = next((m for m in self.good if m.encode() in data), None)
        signature = self.folder / SIGNATURE
        (self.folder / MANIFEST).write_bytes(self.good[mark] if mark else data)
        if mark:
            signature.write_bytes(data)
        elif signature.exists():
            signature.unlink()
        ring = self.ring if mark else None
        is_release(self.folder)
        checks: list[Callable[..., Any]] = [check_kit, check_release]
        said = [_refusal(check, self.folder, ring) for check in checks]
        return " | ".join(said)


def _refusal(check: Callable[..., Any], *given: Any) -> str:
    try:
        check(*given)
    except SnaError as error:
        return getattr(error, "rule", "refused")
    return "accepted"


class Keys:
    """Key rings, and private keys of little cost."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "keys.txt"
        private = {
            "sna_edge_private_key": 1, "key_id": "00" * 16, "public": POINT, "kdf": "scrypt",
            "n": 2, "r": 8, "p": 1, "salt": "00" * 16, "cipher": "chacha20-poly1305",
            "nonce": "00" * 12, "secret": "00" * 48,
        }  # fmt: skip
        one = f"sna-ed25519 {POINT} models"
        self.seeds = [
            json.dumps(private).encode(),
            f"# keys\n{one} corrections least-version=3 # base point\n".encode(),
            f"{one}\nsna-ed25519 {POINT[2:]}d8 corrections\n".encode(),
        ]

    def changed(self, data: bytes, rng: Random) -> bytes:
        return changed_text(rng.choice(self.seeds) if rng.random() < 0.5 else data, rng)

    def ask(self, data: bytes, number: int) -> str:
        if b"{" in data[:8]:
            opened(data, b"x")
            return "a private key"
        self.path.write_bytes(data)
        return f"{min(len(read_keys(self.path).keys), 3)} keys"


class Learned:
    """The file of what was learned; what is read answers and learns on."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "learned" / "state"
        self.path.parent.mkdir()
        self.model, self.limits = line_model(), LineLimits((Limit("width", usl=120.0),))
        self.seeds = []
        for mode in ("width", "recalibrate"):
            for blocks in (1, 3):
                self._clear()
                line = Line(self.model, self.limits, learner=self._learner(mode))
                for i in range(blocks):
                    line.lines([json.dumps(text) for text in _measured(i)])
                assert line.learner
                line.learner.close()
                self.seeds.append(self.path.read_bytes())

    def _clear(self) -> None:
        for path in self.path.parent.iterdir():
            path.unlink()

    def _learner(self, mode: str) -> Learner:
        return Learner(self.model, SHA256, mode, str(self.path))

    def changed(self, data: bytes, rng: Random) -> bytes:
        base = rng.choice(self.seeds) if rng.random() < 0.5 else data
        return changed_log(base, rng, changed_arrays)

    def ask(self, data: bytes, number: int) -> str:
        self._clear()
        self.path.write_bytes(data)
        learner = self._learner("recalibrate" if number % 2 else "width")
        try:
            answers = Line(self.model, self.limits, learner=learner).lines(
                [json.dumps(text) for text in _measured(1)]
            )
            for answer in answers:
                json.dumps(json_value(answer), allow_nan=False)
        finally:
            learner.close()
        return "read, answers and learns on"


def _measured(i: int) -> list[dict[str, Any]]:
    parts = [part(4 * i + k) for k in range(4)]
    return [*parts, *({"id": p["id"], "measured": {"width": 60.0 + i}} for p in parts)]
