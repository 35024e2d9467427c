"""`sna-edge station check`: what can never run is refused before anything starts."""

from __future__ import annotations

import os
import socket

import pytest

from sna_edge.errors import InputError
from sna_edge.station.checking import checked

from .plants import STATION, configured, folder, process
from .waiting import free_port

AT = '[http]\nlisten = "{}"\n[opcua_server]\nlisten = "{}"\n'


def found(tmp_path, more="", **files):
    return checked(configured(folder(tmp_path, station=STATION + more, **files)))


def test_what_can_run_is_told_and_nothing_is_made(tmp_path):
    told = found(tmp_path, '[http]\n[aqdef.a]\npath = "dfq"\n')
    assert list(told.recipes) == ["press-1/default"] and told.doors == ["http", "aqdef.a"]
    assert sorted(os.listdir(tmp_path)) == ["limits.toml", "line.sna", "station.toml"]


@pytest.mark.parametrize(
    "http, server, said",
    [
        ("127.0.0.1:4840", "127.0.0.1:4840", "both listen at port 4840"),
        ("127.0.0.1:4840", "127.0.0.1:4841", ""),
        ("127.0.0.2:4840", "127.0.0.1:4840", ""),
        ("127.0.0.1:0", "127.0.0.1:4840", ""),
    ],
)
def test_two_doors_at_one_address(http, server, said, tmp_path):
    pytest.importorskip("asyncua")
    if not said:
        found(tmp_path, AT.format(http, server))
        return
    with pytest.raises(InputError, match=said):
        found(tmp_path, AT.format(http, server))


def test_two_doors_of_one_folder(tmp_path):
    (tmp_path / "in").mkdir()
    one = '[folder.a]\npath = "in"\nstation = "press-1"\n'
    with pytest.raises(InputError, match=r"\[folder.a\] and \[folder.b\] both use .*in"):
        found(tmp_path, one + one.replace(".a]", ".b]").replace('"in"', '"in/../in"'))


def test_a_data_folder_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "station-data").write_text("no folder")
    with pytest.raises(InputError, match="station-data is no folder"):
        found(tmp_path)
    (tmp_path / "station-data").unlink()
    monkeypatch.setattr(os, "access", lambda path, mode: path != str(tmp_path))
    with pytest.raises(InputError, match="cannot be written by this user"):
        found(tmp_path)


def test_records_that_are_none(tmp_path):
    (tmp_path / "station-data").mkdir()
    (tmp_path / "station-data" / "records.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(InputError, match="is no database"):
        found(tmp_path)


@pytest.mark.parametrize(
    "more, said",
    [
        ('page = "line.html"\n', "there is no page"),
        ('[webhook.a]\nurl = "https://a.b/c"\nsecret_file = "s"\n', r"no secret can be read"),
        ('[http]\ntls_certificate = "c.pem"\ntls_key = "k.pem"\n', r"\[http\]: the certificate"),
        ('[mqtt.a]\nbroker = "mqtts://b"\nca = "c.pem"\nrecords = "r"\n', "TLS cannot use"),
        ('[mqtt.a]\nbroker = "mqtt://b"\nuser = "u"\npassword_file = "p"\nrecords = "r"\n',
         r"\[mqtt.a\]: no secret can be read"),
    ],
)  # fmt: skip
def test_files_that_are_not_there(more, said, tmp_path):
    with pytest.raises(InputError, match=said):
        found(tmp_path, more)


def test_a_model_that_is_not_there_and_a_package_that_is_missing(tmp_path, monkeypatch):
    path = folder(tmp_path, station=STATION + '[mqtt.a]\nbroker = "mqtt://b"\nrecords = "r"\n')
    monkeypatch.setattr("sna_edge.station.mqtt.door.find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs the package paho-mqtt"):
        checked(configured(path))
    (tmp_path / "line.sna").unlink()
    with pytest.raises(InputError, match=r"\[stations.press-1.recipes.default\]: .*line.sna"):
        checked(configured(path))


def test_a_station_that_runs_is_a_remark(tmp_path):
    from sna_edge.station.records import Records

    port = free_port()
    one = process(tmp_path, records=Records, station=f'{STATION}[http]\nlisten="127.0.0.1:{port}"')
    try:
        said = checked(one.config).remarks
    finally:
        one.stop()
    assert said == [
        f"a station runs on {one.config.data}",
        f"something listens at port {port} already, this station or another program",
    ]
    with socket.socket() as plug:  # nothing is held once it has ended
        plug.bind(("127.0.0.1", 0))
    assert not checked(one.config).remarks


@pytest.mark.parametrize(
    "door",
    ['[mqtt.plant]\nbroker = "mqtt://[1"\nrecords = "a"\n',
     '[mqtt.plant]\nbroker = "mqtt://h:x"\nrecords = "a"\n',
     '[webhook.a]\nurl = "https://[::1"\nsecret_file = "line.sna"\n',
     '[webhook.a]\nurl = "https://h:99999"\nsecret_file = "line.sna"\n',
     '[opcua_server]\nlisten = "[1"\n', f'[http]\nlisten = "127.0.0.1:{"9" * 5000}"\n',
     '[http]\nlisten = "127.0.0.1:\u00b2"\n',
     f'[http]\nlisten = "127.0.0.1:0"\nseconds = {"9" * 400}\n',
     f'[http]\nlisten = "127.0.0.1:0"\nbody = "{"9" * 400} MB"\n'],
    ids=range(9),
)  # fmt: skip
def test_an_address_or_a_number_that_is_none_is_one_sentence(tmp_path, door):
    with pytest.raises(InputError):
        configured(folder(tmp_path, STATION + door))
