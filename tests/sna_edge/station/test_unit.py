"""The unit of systemd: what it lets the station do, and what it names."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from sna_edge.errors import InputError
from sna_edge.station.config import Configuration
from sna_edge.station.unit import unit_of

from .plants import configured

UNIT = Path(__file__).resolve().parents[3] / "examples" / "station" / "sna-station.service"
MOST = 15
"""Tenths of the exposure that systemd counts: 0 is none, 100 all."""


HEAD = """# cp sna-station.service /etc/systemd/system/ && systemctl enable --now sna-station
# made by: /opt/sna/venv/bin/sna-edge station unit /opt/sna/station.toml, whose data folder is
#     data = "/var/lib/sna-station/data"
"""
PROGRAM = "/opt/sna/venv/bin/sna-edge"


def made(text, tmp_path, **given):
    """The unit for a configuration."""
    (tmp_path / "limits.toml").write_text("")
    (tmp_path / "station.toml").write_text(text)
    return unit_of(configured(tmp_path / "station.toml"), program=PROGRAM, **given)


def entries(text=""):
    found = re.findall(r"^(\w+)=(.*)$", text or UNIT.read_text(), re.MULTILINE)
    return {key: [v for k, v in found if k == key] for key, _ in found}


def test_systemd_finds_it_hardly_exposed():
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze")
    words = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST}", str(UNIT)]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr


def test_it_waits_longer_than_a_graceful_end_takes_and_is_watched():
    found = entries()
    usual = Configuration("", "", "", {}).stop_seconds
    assert float(found["TimeoutStopSec"][0]) > usual and found["Type"] == ["notify"]
    assert float(found["WatchdogSec"][0]) >= 5.0 and found["Restart"] == ["always"]
    assert found["ExecStart"][0].split()[1] == "station"


def test_nothing_of_the_usual_hardening_is_missing():
    found = entries()
    for key in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectClock",
                "ProtectKernelModules", "RestrictNamespaces"):  # fmt: skip
        assert found[key] == ["yes"], key
    assert found["ProtectSystem"] == ["strict"] and found["CapabilityBoundingSet"] == [""]


def test_the_example_is_what_the_command_writes(monkeypatch):
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")
    config = Configuration("/opt/sna/station.toml", "", "/var/lib/sna-station/data", {})
    assert UNIT.read_text() == HEAD + unit_of(config, program=PROGRAM)


STATION = """data = "{data}"
stop_seconds = 60
[stations.a.recipes.default]
model = "line.sna"
limits = "limits.toml"
[http]
listen = "127.0.0.1:8080"
"""


def test_a_user_of_its_own_writes_below_its_folder_only(tmp_path):
    with pytest.raises(InputError, match="below /var/lib/sna-station only"):
        made(STATION.format(data="data"), tmp_path)
    with pytest.raises(InputError, match="below /var/lib/other only"):
        made(STATION.format(data="/var/lib/sna-station/data"), tmp_path, name="other")
    found = entries(made(STATION.format(data="/var/lib/sna-station/data"), tmp_path))
    assert found["DynamicUser"] == ["yes"] and "User" not in found
    assert found["TimeoutStopSec"] == ["130"]


def test_a_named_user_writes_what_the_configuration_names(tmp_path):
    (tmp_path / "in box").mkdir()
    (tmp_path / "50%").mkdir()
    more = '[folder.a]\npath = "in box"\nstation = "a"\n[aqdef.a]\npath = "50%"\n'
    found = entries(made(STATION.format(data="data") + more, tmp_path, user="sna"))
    assert found["User"] == ["sna"] and "DynamicUser" not in found
    assert found["ReadWritePaths"] == [str(tmp_path)]  # of the limits; all others are below it
    config = configured(tmp_path / "station.toml")
    program = f"{tmp_path}/venv/bin/sna-edge"  # limits beside the program: that stays closed
    with pytest.raises(InputError, match=f"install -d -o sna {tmp_path}/data"):
        unit_of(config, user="sna", program=program)
    (tmp_path / "data").mkdir()
    found = entries(unit_of(config, user="sna", program=program))
    assert found["ReadWritePaths"] == [
        f"{tmp_path}/data", f'"{tmp_path}/in box"', f"{tmp_path}/50%%"
    ]  # fmt: skip


def test_the_network_is_what_it_names(tmp_path):
    local = STATION.format(data="data")
    assert entries(made(local, tmp_path, user="sna"))["IPAddressAllow"] == ["localhost"]
    calls = local + '[mqtt.plant]\nbroker = "mqtt://10.0.0.7"\nrecords = "r/{kind}"\n'
    assert "IPAddressDeny" not in entries(made(calls, tmp_path, user="sna"))
    narrow = entries(made(calls, tmp_path, user="sna", allow=["10.0.0.0/24"]))
    assert narrow["IPAddressDeny"] == ["any"]
    assert narrow["IPAddressAllow"] == ["localhost 10.0.0.0/24"]
    with pytest.raises(InputError, match="--allow has 'plant'"):
        made(calls, tmp_path, user="sna", allow=["plant"])


@pytest.mark.parametrize("given", [{"name": "a b"}, {"user": "root; rm"}])
def test_names_that_are_none(given, tmp_path):
    with pytest.raises(InputError, match=f"--{next(iter(given))} is"):
        made(STATION.format(data="data"), tmp_path, **given)
