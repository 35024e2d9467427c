"""The same inverse queries on every backend installed here: targets met and steep coordinates
equal, to 1e-5."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("seed", [0, 1])
def test_inverse_queries_agree_between_backends(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.syspath_prepend(str(root / "tools" / "inverse"))
    from inverse_backends import ALLOWED, CALLS, ISOLATED, agreement  # type: ignore[import-not-found]

    seen = list(agreement(tmp_path, 3, seed))
    assert {call for call, *_ in seen} == set(CALLS)
    for call, backend, count, miss, apart in seen:
        assert count > 0 and miss <= ALLOWED, (call, backend)
        assert apart <= ALLOWED or call not in ISOLATED, (call, backend)
    for name in ("inverse_backends", "inverse_problems"):
        sys.modules.pop(name, None)
