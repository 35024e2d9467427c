"""Kits: what goes in, that the same input gives the same bytes, that one installs without a
network, and that a damaged or foreign one is refused."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from sna_edge.cli import main
from sna_edge.errors import InputError, TrustError
from sna_edge.signing import KeyRing, PublicKey
from sna_export.kit import check_kit, make_kit, target_of
from sna_export.kit.assemble import digests_of
from sna_export.kit.device import install
from sna_export.kit.sbom import bill
from sna_export.kit.signature import sign_kit
from sna_export.kit.wheels import Wheel, runs_on

from ...c_library import load

EPOCH = "1700000000"
OFFLINE = ("Could not find a version", "No matching distribution", "Connection", "connection")
ROOT = Path(__file__).resolve().parents[3]
HERE = f"linux-{platform.machine()}-py{sys.version_info[0]}{sys.version_info[1]}"


@pytest.fixture(scope="module")
def folder(models, tmp_path_factory) -> Path:
    """A model, its limits, and our wheels for this machine."""
    made = tmp_path_factory.mktemp("kit")
    models.cp(models.uniform_axes(2), outputs=1).save(made / "plate.sna")
    return made


@pytest.fixture(scope="module")
def wheels(folder) -> Path:
    """The pure wheel and the native one that `make kits` takes; nothing here asks for its speed."""
    pytest.importorskip("ziglang", reason="no compiler of wheels: pip install ziglang")
    source = folder / "source"
    for name in ("sna_edge", "export", "firmware_bindings", "tools/release"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("build", "__py*"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    words = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*pip, *words, str(folder / "dist"), str(source)], check=True)
    native = load(ROOT / "tools" / "release" / "wheels.py", "wheels_of_kits")
    native.FLAGS[native.FLAGS.index("-O3")] = "-O1"
    native.wheel(platform.machine().removesuffix("l"), folder / "dist")
    return folder / "dist"


@pytest.fixture(scope="module")
def kit(folder, wheels) -> Path:
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
            make_kit([folder / "plate.sna"], HERE, folder / "kit", wheels=wheels)
    except InputError as error:
        if not any(word in str(error) for word in OFFLINE):
            raise
        pytest.skip(str(error))
    return folder / "kit"


@pytest.mark.parametrize(
    ("name", "machine", "python"),
    [
        ("pi-aarch64-py311", "aarch64", (3, 11)),
        ("pi-armv7-py313", "armv7l", (3, 13)),
        ("jetson-aarch64-py310", "aarch64", (3, 10)),
        ("linux-x86_64-py312", "x86_64", (3, 12)),
    ],
)
def test_names_of_devices(name, machine, python):
    target = target_of(name)
    assert (target.machine, target.python) == (machine, python)
    assert target.numpy_of_system is (machine == "armv7l")


@pytest.mark.parametrize(
    "name", ["", "pi", "pi-aarch64", "pi-aarch64-py27", "mac-aarch64-py311", "pi-mips-py311"]
)
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match="BOARD-MACHINE-pyXY"):
        target_of(name)


@pytest.mark.parametrize(
    ("file", "fits"),
    [
        ("numpy-2.2-cp311-cp311-manylinux_2_28_aarch64.whl", True),
        ("numpy-2.2-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl", True),
        ("numpy-2.2-cp312-cp312-manylinux_2_28_aarch64.whl", False),
        ("numpy-2.2-cp311-cp311-manylinux_2_28_x86_64.whl", False),
        ("numpy-2.2-cp311-cp311-manylinux_2_39_aarch64.whl", False),
        ("a-1-cp39-abi3-manylinux2014_aarch64.whl", True),
        ("a-1-cp312-abi3-manylinux2014_aarch64.whl", False),
        ("a-1-py3-none-any.whl", True),
        ("a-1-py3-none-manylinux2014_aarch64.whl", True),
    ],
)
def test_wheels_that_run_on_a_device(file, fits):
    assert runs_on(Wheel(Path(file), "a", "1", "MIT"), target_of("pi-aarch64-py311")) is fits


@pytest.mark.parametrize("case", ["no models", "no model", "exists", "no wheel", "extras", "twice"])
def test_a_kit_that_cannot_be_made_leaves_nothing(case, folder, tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "bad.sna").write_bytes(b"nothing")
    (tmp_path / "plate.sna").write_bytes((folder / "plate.sna").read_bytes())
    models, target = [folder / "plate.sna"], "pi-aarch64-py311"
    output, more = tmp_path / "kit", {"wheels": tmp_path / "none"}
    if case == "no models":
        models = []
    elif case == "no model":
        models = [tmp_path / "bad.sna"]
    elif case == "exists":
        output = tmp_path / "none"
    elif case == "extras":
        target, more = "pi-armv7-py313", {"extras": ["tflite"]}
    elif case == "twice":
        models.append(tmp_path / "plate.sna")
    before = sorted(tmp_path.iterdir())
    with pytest.raises((InputError, ValueError)):
        make_kit(models, target, output, **more)
    assert sorted(tmp_path.iterdir()) == before


def test_limits_of_another_model_are_refused(folder, tmp_path):
    (tmp_path / "hole.toml").write_text("[outputs.diameter]\nusl = 3.0\n")
    with pytest.raises(InputError, match="fits no model of the kit"):
        make_kit([folder / "plate.sna"], HERE, tmp_path / "kit", limits=[tmp_path / "hole.toml"])


def test_the_bill_lists_every_file_and_is_reproducible(tmp_path):
    wheel = Wheel(tmp_path / "a-1-py3-none-any.whl", "a_b", "1", "MIT")
    digests = {"wheels/a-1-py3-none-any.whl": "0" * 64, "models/m.sna": "1" * 64, "x.sh": "2" * 64}
    text = bill("kit", "1", [wheel], digests, "2026-01-01T00:00:00Z")
    assert text == bill("kit", "1", [wheel], digests, "2026-01-01T00:00:00Z")
    found = {c["bom-ref"]: c for c in json.loads(text)["components"]}
    assert set(found) == set(digests)
    assert found["models/m.sna"]["type"] == "machine-learning-model"
    assert found["wheels/a-1-py3-none-any.whl"]["purl"].startswith("pkg:pypi/a-b@1")


def test_the_bill_is_valid_cyclonedx(tmp_path):
    validation = pytest.importorskip("cyclonedx.validation.json")
    from cyclonedx.schema import SchemaVersion

    wheel = Wheel(tmp_path / "a-1-py3-none-any.whl", "a", "1", "BSD License")
    digests = {"wheels/a-1-py3-none-any.whl": "0" * 64, "models/m.sna": "1" * 64, "x.sh": "2" * 64}
    text = bill("kit", "1", [wheel], digests, "2026-01-01T00:00:00Z")
    check = validation.JsonStrictValidator(SchemaVersion.V1_5)
    assert check.validate_str(text) is None
    assert check.validate_str(text.replace('"SHA-256"', '"SHA-257"')) is not None


@pytest.mark.slow
def test_a_kit_holds_what_its_manifest_says(kit):
    manifest = json.loads((kit / "manifest.json").read_text())
    assert manifest["files"] == digests_of(kit)
    names = {c["bom-ref"] for c in json.loads((kit / "sbom.json").read_text())["components"]}
    assert names == set(manifest["files"]) - {"sbom.json"}
    assert {Path(name).name.split("-")[0] for name in names if name.endswith(".whl")} >= {
        "numpy", "pip", "sna_edge", "sna_edge_native",
    }  # fmt: skip


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(folder, wheels, kit, monkeypatch, tmp_path):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    make_kit([folder / "plate.sna"], HERE, tmp_path / "kit.tar.gz", wheels=wheels)
    with tarfile.open(tmp_path / "kit.tar.gz") as archive:
        held = {m.name.removeprefix("kit/"): archive.extractfile(m).read() for m in archive}
        assert archive.getmember("kit/install.sh").mode == 0o755
    assert held == {p.relative_to(kit).as_posix(): p.read_bytes() for p in kit.rglob("*.*")
                    if p.is_file()}  # fmt: skip
    assert os.stat(kit / "install.sh").st_mode & 0o777 == 0o755


def without_network() -> list[str]:
    """Words that run a command in a network namespace without any interface; none where this user
    may not."""
    words = [shutil.which("unshare") or "unshare", "--net", "--map-root-user"]
    try:
        able = subprocess.run([*words, sys.executable, "-V"], capture_output=True).returncode == 0
    except OSError:
        able = False
    return words if able else []


@pytest.mark.slow
def test_a_kit_installs_without_network_and_compiler(kit, tmp_path):
    prefix, words = (
        tmp_path / "device",
        [*without_network(), sys.executable, str(kit / "install.py")],
    )
    environment = {"PATH": "/nowhere", "HOME": str(tmp_path), "PIP_INDEX_URL": "file:///nowhere"}
    for _ in range(2):
        done = subprocess.run(
            [*words, "--prefix", str(prefix)], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
    assert len(list((prefix / "releases").iterdir())) == 1
    program = prefix / "current" / "venv" / "bin" / "sna-edge"
    said = subprocess.run(
        [program, "verify", prefix / "current" / "models" / "plate.sna", "--json"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert json.loads(said.stdout)["status"] == "ok"


@pytest.fixture
def small(tmp_path) -> tuple[Path, dict]:
    """A kit of two files and its manifest."""
    kit = tmp_path / "kit"
    (kit / "models").mkdir(parents=True)
    for name in ("models/m.sna", "install.sh"):
        (kit / name).write_text(name)
    manifest = {"files": digests_of(kit)}
    (kit / "manifest.json").write_text(json.dumps(manifest))
    return kit, manifest


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda kit: (kit / "models" / "m.sna").write_text("other"), "not the file"),
        (lambda kit: (kit / "install.sh").unlink(), "install.sh is missing"),
        (lambda kit: (kit / "models" / "x.sna").write_text(""), "does not belong"),
    ],
)
def test_a_damaged_kit_is_refused(small, damage, sentence):
    kit, manifest = small
    install.check_files(kit, manifest)
    damage(kit)
    with pytest.raises(install.Refused, match=sentence):
        install.check_files(kit, manifest)


@pytest.mark.parametrize("text", ["", "[", "\0"])
def test_an_unreadable_manifest_is_refused(small, text):
    (small[0] / "manifest.json").write_text(text)
    with pytest.raises(install.Refused, match=r"manifest\.json cannot be read"):
        install.manifest_of(small[0])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"machine": "mips"}, "the kit is for mips"), ({"python": "3.7"}, "run it with python3.7")],
)
def test_a_kit_for_another_machine_is_refused(change, sentence):
    here = {"machine": platform.machine(), "python": "{}.{}".format(*sys.version_info[:2]),
            "numpy_of_system": False}  # fmt: skip
    install.check_machine(here)
    with pytest.raises(install.Refused, match=sentence):
        install.check_machine(here | change)


def test_releases_are_switched_kept_and_brought_back(tmp_path):
    with pytest.raises(install.Refused, match="no release before"):
        install.back(tmp_path)
    for name in ("one", "two", "three", "three"):
        (tmp_path / "releases" / name).mkdir(parents=True, exist_ok=True)
        install.switch(tmp_path, tmp_path / "releases" / name)
        install.tidy(tmp_path)
    assert sorted(p.name for p in (tmp_path / "releases").iterdir()) == ["three", "two"]
    assert (tmp_path / "current").resolve().name == "three"
    assert install.back(tmp_path) == "two" and install.back(tmp_path) == "three"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["before", "current", "releases"]


def test_a_release_that_fails_its_test_does_not_come_into_use(small, tmp_path, monkeypatch, capsys):
    kit, manifest = small
    target = {"name": HERE, "machine": platform.machine(), "numpy_of_system": False,
              "python": "{}.{}".format(*sys.version_info[:2])}  # fmt: skip
    (kit / "manifest.json").write_text(json.dumps(manifest | {"target": target}))
    prefix = tmp_path / "device"
    (prefix / "releases" / "old").mkdir(parents=True)
    install.switch(prefix, prefix / "releases" / "old")
    monkeypatch.setattr(install, "KIT", kit)
    monkeypatch.setattr(sys, "argv", ["install.py", "--prefix", str(prefix)])

    def failing(*_):
        raise install.Refused("the self-test fails: m.sna: wrong")

    monkeypatch.setattr(install, "install", failing)
    assert install.main() == 2
    assert "the self-test fails" in capsys.readouterr().err
    assert (prefix / "current").resolve().name == "old"


@pytest.fixture(scope="module")
def keys():
    """A private key, and the ring that vouches for what it signs."""
    pytest.importorskip("cryptography")
    from sna_edge.signing.private_key import new_key

    key = new_key()
    public = PublicKey(key.public, name="plant 2")
    return key, KeyRing({public.key_id: public}, "ring.txt")


@pytest.fixture
def signed(small, keys) -> Path:
    """A small kit with its signature."""
    kit, manifest = small
    (kit / "manifest.json").write_text(json.dumps(manifest | {"target": {"name": HERE}}))
    sign_kit(kit, keys[0].public, keys[0].sign)
    return kit


def test_a_signed_kit_is_vouched_for(signed, keys, small):
    found = check_kit(signed, keys[1])
    assert found.target == HERE and found.files == 2 and found.key.name == "plant 2"
    assert check_kit(signed, None).signature == "signed, not checked: no key ring"


def rewrite(kit: Path, change) -> None:
    path = kit / "manifest.json"
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda kit: (kit / "manifest.sig").unlink(), "unsigned"),
        (lambda kit: (kit / "manifest.sig").write_text("{}"), "wrong_signature"),
        (lambda kit: (kit / "manifest.sig").write_text("[" * 5000), "wrong_signature"),
        (lambda kit: rewrite(kit, lambda m: m | {"created": "later"}), "wrong_signature"),
        (lambda kit: (kit / "manifest.json").write_bytes(b"{" * 100_000), "wrong_signature"),
    ],
)
def test_a_kit_that_the_ring_does_not_vouch_for_is_refused(signed, keys, damage, rule):
    damage(signed)
    with pytest.raises(TrustError) as caught:
        check_kit(signed, keys[1])
    assert caught.value.rule == rule


def test_keys_that_are_unknown_or_may_not_are_refused(signed, keys):
    other = PublicKey(bytes(31) + b"\x01")
    with pytest.raises(TrustError, match="not in ring"):
        check_kit(signed, KeyRing({other.key_id: other}, "ring"))
    idle = PublicKey(keys[0].public, models=False, corrections=True)
    with pytest.raises(TrustError, match="may not sign models"):
        check_kit(signed, KeyRing({idle.key_id: idle}, "ring"))


def test_a_file_changed_under_a_true_signature_is_refused(signed, keys):
    (signed / "models" / "m.sna").write_text("other")
    with pytest.raises(InputError, match="not the file that the kit was made with"):
        check_kit(signed, keys[1])


def test_the_release_in_use_checks_the_next_kit(small, tmp_path, monkeypatch):
    ring, program = tmp_path / "ring.txt", tmp_path / "device/current/venv/bin/sna-edge"
    monkeypatch.setattr(install, "RING", str(ring))
    monkeypatch.delenv("SNA_EDGE_KEYS", raising=False)
    assert install.vouched(tmp_path / "device", small[0]) == ""
    ring.write_text("")
    assert "not checked" in install.vouched(tmp_path / "device", small[0])
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho forged >&2; exit 2\n")
    program.chmod(0o755)
    with pytest.raises(install.Refused, match="the kit is refused: forged"):
        install.vouched(tmp_path / "device", small[0])
    program.write_text('#!/bin/sh\necho "$@"\n')
    assert install.vouched(tmp_path / "device", small[0]) == f"verify {small[0]} --keys {ring}\n"


def test_verify_says_what_a_kit_is(signed, capsys):
    assert main(["verify", str(signed), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] == 2 and "no key ring" in told["trust"]
    (signed / "models" / "m.sna").unlink()
    assert main(["verify", str(signed)]) == 2
    assert "m.sna is missing" in capsys.readouterr().err
