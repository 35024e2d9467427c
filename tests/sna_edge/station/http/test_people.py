"""Who may call: tokens, roles, TLS, certificates of clients."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from hashlib import sha256

import pytest

from sna_edge.cli import main
from sna_edge.errors import InputError
from sna_edge.station.http.people import Person, new_token, read_people

from ..plants import STATION, asked, configured, folder, process


def people(path, **roles):
    tokens, text = {}, ""
    for name, role in roles.items():
        tokens[name], table = new_token(name, role)
        text += table
    path.write_text(text)
    return tokens


def test_a_token_is_nowhere_and_opens_what_its_role_may(tmp_path):
    tokens = people(tmp_path / "tokens.toml", feeder="line", maria="operator")
    text = (tmp_path / "tokens.toml").read_text()
    assert all(t not in text and sha256(t.encode()).hexdigest() in text for t in tokens.values())
    http = '[http]\nlisten = "127.0.0.1:0"\ntokens = "tokens.toml"\n'
    plant = process(tmp_path, station=STATION + http)
    at = f"http://127.0.0.1:{plant.plant.doors['http'].port}"
    parts, body = f"{at}/stations/press-1/parts", b'{"power": 200}'
    for wrong in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Bearer "},
                  {"Authorization": f"Basic {tokens['feeder']}"},
                  {"Authorization": f"Bearer {tokens['feeder'][:-1]}"}):  # fmt: skip
        status, _, headers = asked(parts, body, **wrong)
        assert status == 401 and headers["www-authenticate"] == "Bearer", wrong
    feeder = {"Authorization": f"Bearer {tokens['feeder']}"}
    assert asked(parts, body, **feeder)[0] == 200
    status, answer, _ = asked(f"{at}/status", **feeder)
    assert status == 403 and "needs operator" in json.loads(answer)["error"]
    assert asked(f"{at}/status", Authorization=f"bearer {tokens['maria']}")[0] == 200
    assert asked(f"{at}/status", Cookie=f"station-token={tokens['maria']}")[0] == 200
    assert asked(f"{at}/health")[0] == 200 and asked(f"{at}/metrics")[0] == 401
    plant.stop()


def test_every_token_is_compared_in_constant_time(tmp_path, monkeypatch):
    import hmac

    tokens = people(tmp_path / "tokens.toml", a="line", b="operator", c="admin")
    found, compared = read_people(tmp_path / "tokens.toml"), []
    monkeypatch.setattr(
        hmac, "compare_digest", lambda x, y: bool(compared.append(len(x) == len(y)) or x == y)
    )
    for name in ("a", "c"):
        compared.clear()
        assert found.by_token(tokens[name]).name == name and compared == [True] * 3
    assert found.by_token("other") is None and Person("x", "engineer").may("operator")


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ('listen = "0.0.0.0:8080"', "where others can call it"),
        ('listen = "[::]:8080"', "where others can call it"),
        ('listen = "192.168.1.4:8080"\ntokens = "tokens.toml"', "in the clear"),
        ('listen = "8080"', 'write "127.0.0.1:8080"'),
        ('tls_key = "key.pem"', "together"),
        ('tokens = "nowhere.toml"', "cannot read"),
        ('client_ca = "ca.pem"', "is of TLS"),
        ('colour = "red"', "'colour', which nothing reads"),
    ],
)
def test_what_would_let_anybody_in_is_refused_at_the_start(tmp_path, entries, words):
    people(tmp_path / "tokens.toml", feeder="line")
    path = folder(tmp_path, station=f"{STATION}[http]\n{entries}\n")
    with pytest.raises(InputError) as error:
        configured(path)
    assert words in str(error.value)


def test_a_name_with_a_dot_is_one_name(tmp_path):
    token, table = new_token("maria.m", "operator")
    (tmp_path / "people.toml").write_text(table)
    people = read_people(str(tmp_path / "people.toml"))
    assert people.by_token(token) == Person("maria.m", "operator")


def test_a_file_of_tokens_that_everybody_may_write_is_refused(tmp_path):
    path = tmp_path / "people.toml"
    path.write_text(new_token("maria", "operator")[1])
    path.chmod(0o646)
    with pytest.raises(InputError, match="chmod o-w"):
        read_people(str(path))


def test_an_address_in_use_is_named(tmp_path):
    first = process(tmp_path, station=STATION + '[http]\nlisten = "127.0.0.1:0"\n')
    port = first.plant.doors["http"].port
    (tmp_path / "two").mkdir()
    with pytest.raises(InputError, match=f"cannot listen at 127.0.0.1:{port}"):
        process(tmp_path / "two", station=STATION + f'[http]\nlisten = "127.0.0.1:{port}"\n')
    first.stop()


def test_the_word_makes_tokens(capsys):
    assert main(["station", "token", "maria", "--role", "engineer", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert 'role = "engineer"' in told["table"] and told["token"] not in told["table"]
    assert main(["station", "token", "maria", "--role", "king"]) == 2
    assert main(["station", "token", "../etc"]) == 2


def openssl(*words, cwd):
    subprocess.run(["openssl", *words], cwd=cwd, check=True, capture_output=True)


def certificates(path):
    """ca.pem, server.pem + server.key for localhost, maria.pem + maria.key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test ca", "-days", "2",
            cwd=path)  # fmt: skip
    (path / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "maria", "stranger"):
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
                cwd=path)  # fmt: skip
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", f"{name}.pem", "-days", "2", "-extfile", "names",
                cwd=path)  # fmt: skip


def test_tls_and_certificates_of_clients(tmp_path):
    certificates(tmp_path)
    tokens = people(tmp_path / "tokens.toml", feeder="line")
    with open(tmp_path / "tokens.toml", "a") as file:
        file.write('[certificates.maria]\nrole = "operator"\n')
    http = """[http]
listen = "127.0.0.1:0"
tls_certificate = "server.pem"
tls_key = "server.key"
client_ca = "ca.pem"
tokens = "tokens.toml"
"""
    plant = process(tmp_path, station=STATION + http)
    at = f"https://127.0.0.1:{plant.plant.doors['http'].port}/status"

    def status(who="", token=""):
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        if who:
            context.load_cert_chain(tmp_path / f"{who}.pem", tmp_path / f"{who}.key")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            request = urllib.request.Request(at, headers=headers)
            with urllib.request.urlopen(request, timeout=60, context=context) as found:
                return found.status
        except urllib.error.HTTPError as error:
            return error.code

    assert (status("maria"), status("stranger"), status()) == (200, 401, 401)
    assert status(token=tokens["feeder"]) == 403
    plant.stop()
