"""Install this kit without a network.

Everything goes into a folder of its own under PREFIX/releases; PREFIX/current points to the one in
use and is switched, in one step, only after the self-test has passed there. `--check` looks at the
files and the machine and installs nothing, `--back` switches to the release before.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

KIT = Path(__file__).resolve().parent
CURRENT, BEFORE, RELEASES = "current", "before", "releases"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
LARGEST = 1 << 24  # bytes of a manifest
PARTS = ("models", "limits")
RING = "/etc/sna-edge/keys.txt"
"""The key ring of a machine."""


class Refused(Exception):
    """One sentence: cause and next step."""


def manifest_of(kit: Path) -> tuple[dict, str]:
    """The manifest and the first 12 digits of its SHA-256, the name of the release."""
    try:
        with open(kit / MANIFEST, "rb") as file:
            size = os.fstat(file.fileno()).st_size  # a bound makes room for itself
            data = file.read(min(size, LARGEST) + 1)
        found = json.loads(data) if len(data) <= LARGEST else None
    except (OSError, ValueError, RecursionError) as error:
        raise Refused(f"{kit / MANIFEST} cannot be read ({error}); copy the kit again") from None
    found = found if isinstance(found, dict) else {}
    if not all(isinstance(found.get(part), dict) for part in ("files", "target")):
        raise Refused(f"{kit / MANIFEST} is not that of a kit; copy the kit again")
    return found, hashlib.sha256(data).hexdigest()[:12]


def digest(path: Path) -> str:
    """SHA-256 of a file of any size."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def check_files(kit: Path, manifest: dict) -> None:
    """Every file is there with its digest, and no other."""
    listed = manifest["files"]
    found = list(kit.rglob("*"))
    if link := next((p for p in found if p.is_symlink()), None):
        raise Refused(f"{link} is a link, which no kit has; copy the kit again")
    there = {p.relative_to(kit).as_posix() for p in found if p.is_file()}
    there = {n for n in there - {MANIFEST, SIGNATURE} if "__pycache__" not in n}
    for name in sorted(listed):
        if name not in there:
            raise Refused(f"{name} is missing in the kit; copy the kit again")
        if digest(kit / name) != listed[name]:
            raise Refused(f"{name} is not the file that the kit was made with; copy the kit again")
    extra = sorted(there - set(listed))
    if extra:
        raise Refused(f"{extra[0]} does not belong to the kit; remove it, or copy the kit again")


def check_machine(target: dict) -> None:
    """Processor and Python are those the wheels are for."""
    machine = platform.machine()
    if machine != target["machine"]:
        raise Refused(
            f"this machine is {machine} and the kit is for {target['machine']}; make one with"
            " another --target"
        )
    here = "{}.{}".format(*sys.version_info[:2])
    if here != target["python"]:
        raise Refused(
            f"this is Python {here} and the kit is for {target['python']}; run it with"
            f" python{target['python']}, or make a kit with --target ...-py{here.replace('.', '')}"
        )
    if target["numpy_of_system"]:
        try:
            import numpy  # noqa: F401
        except ImportError:
            raise Refused(
                "numpy comes from the system here and is missing; run: sudo apt install"
                " python3-numpy"
            ) from None


def vouched(prefix: Path, kit: Path) -> str:
    """Where this machine has a key ring, the release in use checks the signature: nothing of the
    kit itself could be believed about it."""
    ring = os.environ.get("SNA_EDGE_KEYS") or (RING if os.path.exists(RING) else "")
    program = prefix / CURRENT / "venv" / "bin" / "sna-edge"
    if not ring:
        return ""
    if not program.exists():
        return f"signature: not checked, no release here can; {ring} counts for its models"
    return run([str(program), "verify", str(kit), "--keys", ring], "the kit is refused")


def run(words: list[str], why: str) -> str:
    """Output of a command. Raises Refused with its last line."""
    done = subprocess.run(words, capture_output=True, text=True, env=clean_environment())
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise Refused(f"{why}: {lines[-1]}")
    return done.stdout


def clean_environment() -> dict:
    """Without what would bring other packages in."""
    left_out = ("PYTHONPATH", "PYTHONHOME", "PIP_")
    return {k: v for k, v in os.environ.items() if not k.startswith(left_out)}


def install(kit: Path, release: Path, target: dict, emulator: list[str]) -> None:
    """Packages, models and limits in the folder `release`, tried there."""
    shutil.rmtree(release, ignore_errors=True)
    release.mkdir(parents=True)
    words = [*emulator, sys.executable, "-m", "venv", "--without-pip"]
    words += ["--system-site-packages"] if target["numpy_of_system"] else []
    run([*words, str(release / "venv")], "the environment cannot be made")
    python = [*emulator, str(release / "venv" / "bin" / "python")]
    wheels = sorted((kit / "wheels").glob("*.whl"))
    pip = next(w for w in wheels if w.name.startswith("pip-"))
    others = [str(w) for w in wheels if w != pip]
    run(
        [*python, str(pip / "pip"), "install", "--quiet", "--no-index", "--no-deps",
         "--no-warn-script-location", *others],
        "the packages cannot be installed",
    )  # fmt: skip
    for part in PARTS:
        shutil.copytree(kit / part, release / part)
    shutil.copytree(kit, release / "kit", ignore=shutil.ignore_patterns("wheels", "__pycache__"))
    print(run([*python, str(kit / "selftest.py"), str(release)], "the self-test fails"), end="")


def switch(prefix: Path, release: Path) -> None:
    """PREFIX/current points to the release, PREFIX/before to the one until now."""
    current = prefix / CURRENT
    if current.is_symlink() and os.readlink(current) != f"{RELEASES}/{release.name}":
        point(prefix / BEFORE, os.readlink(current))
    point(current, f"{RELEASES}/{release.name}")


def point(link: Path, place: str) -> None:
    """Make or move a link in one step."""
    temporary = link.with_name(f".{link.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(place)
    os.replace(temporary, link)
    folder = os.open(link.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def tidy(prefix: Path) -> None:
    """Remove releases that neither link points to."""
    used = {
        Path(os.readlink(prefix / n)).name for n in (CURRENT, BEFORE) if (prefix / n).is_symlink()
    }
    for folder in (prefix / RELEASES).iterdir():
        if folder.name not in used:
            shutil.rmtree(folder, ignore_errors=True)


def back(prefix: Path) -> str:
    """Switch to the release before; what was in use becomes the one before."""
    before, current = prefix / BEFORE, prefix / CURRENT
    if not before.is_symlink() or not before.exists():
        raise Refused(f"{prefix} has no release before this one; install its kit")
    now = os.readlink(current)
    point(current, os.readlink(before))
    point(before, now)
    return Path(os.readlink(current)).name


def default_prefix() -> Path:
    """/opt/sna-edge for root, else under the home folder."""
    return Path("/opt/sna-edge" if os.geteuid() == 0 else Path.home() / ".local" / "sna-edge")


def main() -> int:
    """Install, check, or go back; 0, or 2 with one sentence."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--prefix",
        type=Path,
        default=default_prefix(),
        metavar="DIR",
        help="where releases go (default: %(default)s)",
    )
    parser.add_argument("--check", action="store_true", help="look at kit and machine only")
    parser.add_argument("--back", action="store_true", help="use the release before again")
    parser.add_argument(
        "--emulator",
        default="",
        metavar="WORDS",
        help="what runs a Python of another machine, to try a kit on a workstation",
    )
    args = parser.parse_args()
    started = time.monotonic()
    try:
        if args.back:
            print(f"in use: release {back(args.prefix)}")
            return 0
        manifest, name = manifest_of(KIT)
        check_files(KIT, manifest)
        check_machine(manifest["target"])
        print(vouched(args.prefix, KIT), end="")
        if args.check:
            print(f"kit {name} for {manifest['target']['name']}: complete, for this machine")
            return 0
        release = args.prefix / RELEASES / name
        if not in_use(args.prefix, release):
            install(KIT, release, manifest["target"], args.emulator.split())
            switch(args.prefix, release)
            tidy(args.prefix)
    except (Refused, OSError) as error:
        print(f"install.py: {error}", file=sys.stderr)
        return 2
    print(f"installed in {time.monotonic() - started:.0f} s: {args.prefix / CURRENT}")
    print(f"  ask:      {args.prefix / CURRENT}/venv/bin/sna-edge info MODEL.sna")
    print(f"  services: {args.prefix / CURRENT}/kit/sna-watch@.service says how")
    return 0


def in_use(prefix: Path, release: Path) -> bool:
    """Whether this release is installed and current already."""
    current = prefix / CURRENT
    return current.is_symlink() and current.resolve() == release.resolve() and release.is_dir()


if __name__ == "__main__":
    sys.exit(main())
