"""The git commit that a project was at, where it is in a repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

SECONDS = 20.0
"""That git may take; it is a remark, not a condition."""
OWN = ("-c", "core.fsmonitor=false", "-c", "log.showSignature=false")
"""Settings by which a repository could have git run a program or say more."""


@dataclass(frozen=True)
class Commit:
    """`name`: SHA of HEAD; `dirty`: a tracked file was changed, or an input of the release is not
    tracked; `time`: seconds since 1970 at which it was committed."""

    name: str
    dirty: bool
    time: int


def commit_of(folder: str, inputs: Sequence[str]) -> Commit | None:
    """The commit of the repository that holds `folder`; None outside of one, or without git."""
    said = _git(folder, "log", "-1", "--format=%H %ct")
    if not said:
        return None
    name, _, time = said.partition(" ")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    known = (_git(folder, "ls-files", "--", os.path.abspath(path)) for path in inputs)
    return Commit(name, bool(changed) or not all(known), int(time))


def _git(folder: str, *words: str) -> str:
    """What git says; '' where it fails."""
    # the answer must not depend on a caller's own repository or settings
    left = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    command = ["git", *OWN, "-C", folder or ".", *words]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=left, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
