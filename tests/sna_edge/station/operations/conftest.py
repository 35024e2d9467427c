"""One station with its people for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .people import Peopled


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Peopled]:
    found = Peopled(tmp_path)
    yield found
    found.close()
