"""A store keeps exactly one valid model active, whatever happens to its power."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from sna_edge.durable import DISK, Log
from sna_edge.errors import InputError, TrustError
from sna_edge.signing import Trust
from sna_edge.store import Store

from ...power_cuts import PoweredDisk, cuts

SAMPLES = int(os.environ.get("SNA_CUTS", "500"))
FOLDER = "/s"


def model(version: int) -> tuple[bytes, Trust]:
    """Bytes that stand for a model: the store looks at their digest only."""
    data = b"model %d " % version * 9
    return data, Trust(sha256(data).hexdigest(), "verified", version)


def test_every_cut_leaves_one_valid_model_active() -> None:
    disk, wanted = PoweredDisk(), list[list[int]]()  # versions active after each operation
    versions = {model(v)[1].sha256: v for v in range(1, 6)}
    for step in (1, 2, "back", 3, "refuse", 4, "back", "back", 5):
        store = Store(FOLDER, disk)
        if step == "back":
            store.rollback()
        elif step == "refuse":
            store.refused("0" * 64, "the gate failed")
        else:
            store.install(*model(int(step)))
        disk.done()
        wanted.append([s.version for s in (store.state.active, store.state.previous) if s])
    assert [w[0] for w in wanted] == [1, 2, 1, 3, 3, 4, 3, 4, 5]
    seen = set()
    for done, _, cut in cuts(disk.acts, SAMPLES):
        store = Store(FOLDER, cut)
        if done == 0 and store.state is None:
            continue
        active = store.active()
        found = [s.version for s in (store.state.active, store.state.previous) if s]
        assert versions[sha256(active.data).hexdigest()] == found[0]
        assert all(store.sound(s) for s in (store.state.active, store.state.previous) if s)
        number = store.state.number
        assert number in (done, done + 1) and found == wanted[number - 1]
        assert store.state.counter == max(w[0] for w in wanted[:number])
        seen.add((done, found[0]))
        store.install(*model(9))  # and it goes on
        assert store.active().slot.version == 9
        assert len([n for n in cut.names(FOLDER) if n.endswith(".sna")]) <= 2
        assert not [n for n in cut.names(FOLDER) if n.startswith(".sna")]
    assert len(seen) >= 14


def test_older_versions_are_refused() -> None:
    store = Store(FOLDER, PoweredDisk())
    store.install(*model(3))
    store.install(*model(4))
    with pytest.raises(TrustError, match="version 4 was installed"):
        store.install(*model(3))
    store.rollback("scrap")
    assert store.active().slot.version == 3 and store.state.counter == 4
    with pytest.raises(TrustError):
        store.install(*model(2))
    other = b"another file of version 4"
    with pytest.raises(TrustError):
        store.install(other, Trust(sha256(other).hexdigest(), "verified", 4))
    with pytest.raises(TrustError, match="version none"):
        store.install(other, Trust(sha256(other).hexdigest(), "unsigned"))
    store.install(*model(4))
    assert store.active().slot.version == 4 and store.state.previous.version == 3
    store.install(other, Trust(sha256(other).hexdigest(), "insecure: unsigned"))
    assert store.state.counter == 4


def test_a_damaged_model_gives_way_to_the_one_before(tmp_path: Path) -> None:
    store = Store(tmp_path / "s")
    store.install(*model(1))
    store.install(*model(2))
    Path(store.active().path).write_bytes(b"")
    active = Store(tmp_path / "s").active()
    assert active.slot.version == 1 and active.data == model(1)[0]
    store = Store(tmp_path / "s")
    assert store.state.event == "recovered" and store.state.counter == 2
    with pytest.raises(InputError, match="no model before"):
        store.rollback()
    os.unlink(active.path)
    with pytest.raises(InputError, match="install one again"):
        Store(tmp_path / "s").active()


def test_what_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no model"):
        Store(tmp_path).active()
    with pytest.raises(InputError, match="no model before"):
        Store(tmp_path).rollback()
    for content in (b"notes\n", b""):
        (tmp_path / "log").write_bytes(content)
        with pytest.raises(InputError, match="not the log of a store"):
            Store(tmp_path)
    (tmp_path / "log").unlink()
    Log(tmp_path / "log").append(b'{"format": 1, "active": {"sha256": "../../x"}}')
    with pytest.raises(InputError, match="not the log of a store"):
        Store(tmp_path)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.install(*model(1))
    with DISK.locked(str(tmp_path / "lock")) as alone:
        assert alone
        with pytest.raises(InputError, match="another process"):
            store.install(*model(2))
    Store(tmp_path).install(*model(2))
    store.install(*model(3))  # by one that was opened before: it reads what was written since
    assert Store(tmp_path).state.previous.version == 2


def test_killed_while_it_installs(tmp_path: Path) -> None:
    code = (
        "import sys; from hashlib import sha256; from sna_edge.store import Store\n"
        "from sna_edge.signing import Trust\n"
        "n = int(sys.argv[2])\n"
        "while True:\n"
        "    n += 1; data = b'%d ' % n * 2000; s = Store(sys.argv[1])\n"
        "    s.install(data, Trust(sha256(data).hexdigest(), 'verified', n))\n"
        "    print(n, flush=True)\n"
    )
    said = 0
    for lines in (9, 2, 14):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(said + 1)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        for _ in range(lines):
            said = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        said = max([said, *(int(n) for n in child.stdout.read().split("\n") if n)])
        child.wait()
        active = Store(tmp_path).active()
        assert said <= active.slot.version <= said + 1
        assert active.data == b"%d " % active.slot.version * 2000
