"""The commit of a project, asked of git without running what a repository names."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from sna_export.release.commit import commit_of


def test_no_program_of_the_repository_is_run(tmp_path: Path) -> None:
    """gpg.program of a repository would be, by log.showSignature."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed here")
    program, ran = tmp_path / "gpg.sh", tmp_path / "ran"
    program.write_text(
        f"#!/bin/sh\ntouch '{ran}'\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----'\necho '-----END PGP SIGNATURE-----'\n"
    )
    program.chmod(0o755)
    folder = tmp_path / "r"
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "init", "-q", folder], check=True)
    (folder / "x").write_text("x")
    settings = {"gpg.program": str(program), "log.showSignature": "true"}
    for words in (
        *(["config", *pair] for pair in settings.items()), ["add", "-A"],
        ["commit", "-q", "-S", "-m", "signed"],
    ):  # fmt: skip
        subprocess.run([*git, *words], check=True)
    ran.unlink()
    assert commit_of(str(folder), [str(folder / "x")]) is not None
    assert not ran.exists()
