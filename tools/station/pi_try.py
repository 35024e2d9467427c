"""The ten commands of docs/station_pi.md, as they stand there: a fresh root above this machine's,
a real systemd, no network; then a call by TLS with the token, a kill, and the way back.

    python tools/station/pi_try.py WHEELS

WHEELS: a folder of wheels for /usr/bin/python3 of this machine, with all that sna-edge[station]
needs (pip download -d WHEELS). Needs root. Ends with one pass line, or with status 1.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "station_pi.md"
UNIT = "/etc/systemd/system/sna-station.service"
ALONE = r"/^(After|Wants)=/d; s/^\[Service\]/DefaultDependencies=no\n[Service]/"
SUDO = """#!/bin/sh
cd "$(pwd)"
if [ "$1" = -u ]; then shift; user=$1; shift; exec runuser -u "$user" -- "$@"; fi
exec "$@"
"""
sys.path.insert(0, str(ROOT / "tests" / "sna_edge"))


def block(name: str) -> str:
    """A block of the page."""
    found = re.search(rf'```\w+ title="{name}"\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.S)
    assert found, name
    return found[1]


def files(home: Path, wheels: Path) -> None:
    """What the workstation has copied, and the wheels."""
    from station.plants import LIMITS, model

    model().save(home / "line.sna")
    (home / "limits.toml").write_text(LIMITS)
    (home / "station.toml").write_text(block("station.toml"))
    shutil.copytree(wheels, home / "wheels")
    (home / "sudo").write_text(SUDO)
    (home / "sudo").chmod(0o755)


def main() -> int:
    from station.managed import Manager, cannot

    if why := cannot():
        sys.exit(f"pi_try: {why}")
    wheels = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("units", "home", "state")]
        for place in places:
            place.mkdir()
        files(places[1], wheels)
        manager = Manager(*places)
        try:
            if not manager.ready():
                sys.exit("pi_try: no systemd of its own can be started here")
            return tried(manager)
        finally:
            manager.close()


def tried(manager) -> int:
    """Run every command, then use the station."""
    sh = lambda line: manager.inside(  # noqa: E731
        "env", "-i", "PATH=/home/pi:/usr/sbin:/usr/bin:/sbin:/bin", "PIP_NO_INDEX=1",
        "PIP_CONFIG_FILE=/dev/null", "PIP_FIND_LINKS=/home/pi/wheels",
        "bash", "-c", f"cd /home/pi; {line}",
    )  # fmt: skip
    sh("true")
    manager.inside("sh", "-c", "mkdir -p /home/pi && mv /opt/sna/* /home/pi/ && rmdir /opt/sna"
                   "; mkdir -p /run/systemd/network-off; ip link set lo up")  # fmt: skip
    token = ""
    for command in block("pi").strip().splitlines():
        if command.startswith("sudo systemctl"):  # nothing else of this machine runs with it
            sh(f"sed -i -E '{ALONE}' {UNIT}; systemctl daemon-reload")
        began = time.monotonic()
        said = sh(f"{{ {command}; }} 2>&1; echo status $?")
        lines = said.splitlines()
        print(f"{time.monotonic() - began:6.1f} s  {command[:90]}")
        if "status 0" not in lines[-1:]:
            print(said, sh("journalctl -n 20 --no-pager"), sep="\n")
            return 1
        if found := re.search(r"shown once: (\S+)", said):
            token = found[1]
    call = (
        "curl -s --cacert /opt/sna/line/tls.crt --resolve press-1.local:8443:127.0.0.1"
        " -w ' %{http_code}' https://press-1.local:8443"
    )
    health = until(lambda: sh(f"{call}/health -H 'Authorization: Bearer {token}'"), "200")
    page = sh(f"{call}/ -H 'Authorization: Bearer {token}' | tail -c 4")
    refused = sh(f"{call}/status | tail -c 4")
    part = '{"part": "A1", "power": 200}'
    posted = f"{call}/stations/press-1/parts -H 'Authorization: Bearer {token}' -d '{part}'"
    first = sh(posted)
    sh("kill -KILL $(systemctl show --value -p MainPID sna-station)")
    again = until(lambda: sh(posted), "200")
    number = re.compile(r'"record": (\d+)')
    same = number.search(first) and number.search(first)[1] == number.search(again)[1]
    print(health[-80:], page, refused, first[:120], again[:60], sep="\n")
    proof = sh("sudo -u sna /opt/sna/venv/bin/sna-edge station verify /opt/sna/line/data")
    print(proof)
    good = page.endswith("200") and refused.endswith("401") and same and "whole" in proof
    print("pi_try: pass, ten commands and a kill" if good else "pi_try: FAILED")
    return 0 if good else 1


def until(what, ending: str, seconds: float = 60.0) -> str:
    """Ask until the answer ends so."""
    end = time.monotonic() + seconds
    while not (found := what()).endswith(ending) and time.monotonic() < end:
        time.sleep(0.3)
    return found


if __name__ == "__main__":
    raise SystemExit(main())
