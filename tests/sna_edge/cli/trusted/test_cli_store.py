"""install, store and watch --store."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sna_edge
from sna_edge.signing import PublicKey
from sna_edge.signing.keys import key_id
from sna_edge.signing.signer import signed
from sna_edge.store import Store

from ...signing.signed_files import KEY, PUBLIC
from ..conftest import small_model

LIMITS = {"outputs": {"width": {"LSL": 50.0, "USL": 500.0}}}


def released(version: int, model: sna_edge.Model | None = None) -> bytes:
    pytest.importorskip("cryptography")
    made = (model or small_model()).replace(metadata={"release": version})
    return signed(made.to_bytes(), key_id(PUBLIC), version, KEY.sign)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Releases 1 to 3, a ring, limits and acceptance rows."""
    for version in (1, 2, 3):
        (tmp_path / f"{version}.sna").write_bytes(released(version))
    (tmp_path / "keys.txt").write_text(PublicKey(PUBLIC, name="line 3").line)
    (tmp_path / "limits.json").write_text(json.dumps(LIMITS))
    (tmp_path / "rows.csv").write_text("power,speed,spot,width\n200,1,A,90.4\n400,1,B,144\n")
    return tmp_path


def test_install_status_rollback_history(sna, folder: Path) -> None:
    store = folder / "store"
    keys = ("--keys", folder / "keys.txt")
    for version in (1, 2):
        said = sna("install", folder / f"{version}.sna", "--store", store, *keys, "--json").json
        data = (folder / f"{version}.sna").read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        assert said["active"] == {"sha256": digest, "version": version, "signature": "verified"}
    status = sna("store", "status", store, "--json").json
    assert (status["active"]["version"], status["previous"]["version"]) == (2, 1)
    assert status["counter"] == 2 and status["active"]["sound"]
    refused = sna("install", folder / "1.sna", "--store", store, *keys, "--json")
    assert refused.code == 2 and refused.json["rule"] == "older_version"
    assert sna("store", "rollback", store, "--reason", "scrap", "--json").json["active"][
        "version"] == 1  # fmt: skip
    events = sna("store", "history", store, "--json").json["events"]
    assert [e["event"] for e in events] == ["installed", "installed", "refused", "rolled back"]
    assert events[-1]["reason"] == "scrap" and "older_version" in events[2]["reason"]
    shown = sna("store", "history", store).out.splitlines()
    assert len(shown) == 4 and shown[-1].endswith(": scrap")
    assert "no version before 2 is installed" in sna("store", "status", store).out


def test_a_model_that_fails_a_check_leaves_the_old_one(sna, folder: Path) -> None:
    store, keys = folder / "store", ("--keys", folder / "keys.txt")
    accept = ("--accept-rows", folder / "rows.csv", "--tolerance")
    words = ("install", folder / "1.sna", "--store", store, *keys)
    assert sna(*words, *accept, "width=1").code == 0
    words = ("install", folder / "2.sna", "--store", store, *keys)
    said = sna(*words, *accept, 0.5).sentence()
    assert "line 3: width is 145, measured 144, tolerance 0.5" in said
    (folder / "rows.csv").write_text("power,speed,spot,width\n900,1,A,90\n,1,A,90\n")
    said = sna(*words, *accept, 5).sentence()
    assert "line 2: power = 900 is outside its domain" in said and "line 3: missing" in said
    (folder / "rows.csv").write_text("power,speed,spot,other\n200,1,A,90\n")
    assert "no column of an output" in sna(*words, *accept, 5).sentence()
    (folder / "rows.csv").write_text("power,speed,spot,width\n200,1,A,90\n")
    assert "of --accept-rows" in sna(*words, "--tolerance", 5).sentence()
    assert "need a tolerance of width" in sna(*words, *accept[:2]).sentence()
    changed = bytearray((folder / "2.sna").read_bytes())
    changed[-1] ^= 1
    (folder / "bad.sna").write_bytes(changed)
    bad = ("install", folder / "bad.sna", "--store", store)
    assert sna(*bad, *keys, "--json").json["rule"] == "wrong_signature"
    assert sna(*bad, "--json").json["rule"] == "bad_padding"
    assert Store(store).active().slot.version == 1
    assert Store(store).state.event == "refused"


def test_what_is_no_store(sna, folder: Path) -> None:
    for action in ("status", "rollback", "history"):
        assert "holds no model" in sna("store", action, folder / "none").sentence()
    assert not (folder / "none").exists()
    assert "give exactly one" in sna("watch", "--limits", folder / "limits.json").sentence()
    words = ("watch", folder / "1.sna", "--store", folder, "--limits", folder / "limits.json")
    assert "give exactly one" in sna(*words).sentence()


def test_verdicts_name_model_and_limits(sna, folder: Path) -> None:
    table = folder / "parts.csv"
    table.write_text("id,power,speed,spot\n1,200,1,A\n2,,1,A\n")
    words = ("--limits", folder / "limits.json", "--table", table)
    limits = hashlib.sha256((folder / "limits.json").read_bytes()).hexdigest()
    data = (folder / "1.sna").read_bytes()
    for more, state in (((), "not checked"), (("--keys", folder / "keys.txt"), "verified")):
        found = [
            json.loads(t)
            for t in sna("watch", folder / "1.sna", *words, *more).out.split("\n")
            if t
        ]
        assert [a["verdict"] for a in found] == ["ACCEPT", "NO VERDICT"]
        for answer in found:
            assert answer["model"] == {
                "sha256": hashlib.sha256(data).hexdigest(), "version": 1, "signature": state,
            }  # fmt: skip
            assert answer["limits"] == limits
    (folder / "plain.sna").write_bytes(small_model().to_bytes())
    said = sna("watch", folder / "plain.sna", *words, "--keys", folder / "keys.txt", "--insecure")
    for text in said.out.splitlines():
        assert json.loads(text)["model"]["signature"] == "insecure: unsigned"


def test_a_running_watch_takes_the_new_model(sna, folder: Path) -> None:
    store, part = folder / "store", b'{"power": 200, "speed": 1, "spot": "A"}\n'
    sna("install", folder / "1.sna", "--store", store)
    child = subprocess.Popen(
        [sys.executable, "-m", "sna_edge", "watch", "--store", str(store), "--limits",
         str(folder / "limits.json")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ},
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None

    def version() -> int:
        child.stdin.write(part)
        child.stdin.flush()
        return int(json.loads(child.stdout.readline())["model"]["version"])

    assert version() == version() == 1
    sna("install", folder / "2.sna", "--store", store)
    assert version() == 2
    sna("store", "rollback", store)
    assert version() == 1
    other = small_model().replace(outputs=[sna_edge.Output("height"), sna_edge.Output("depth")])
    (folder / "3.sna").write_bytes(released(3, other))
    assert sna("install", folder / "3.sna", "--store", store).code == 0
    assert version() == 1  # its limits do not fit the new one
    state = Store(store).state
    assert state.event == "rolled back" and state.active.version == 1
    assert "watch could not use it" in state.reason and "'width'" in state.reason
    _, err = child.communicate(timeout=60)
    assert b"version 2" in err and b"the old one goes on" in err and child.returncode == 0
