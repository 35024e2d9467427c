"""Foreign witnesses that live in an environment of their own (`make test` makes it)."""

from __future__ import annotations

from pathlib import Path

import pytest


def witness(root: Path) -> str:
    """The Python that has pysparkplug and aqdefreader; skips without it."""
    python = root / ".venv-witness" / "bin" / "python"
    if not python.exists():
        pytest.skip("no .venv-witness with pysparkplug and aqdefreader (make test makes it)")
    return str(python)
