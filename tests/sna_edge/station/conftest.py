from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .brokers import Mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running mosquitto; skips where there is none."""
    folder = tmp_path / "broker"
    folder.mkdir()
    one = Mosquitto(folder).start()
    yield one
    one.stop()
