"""A store whose new model cannot serve goes back to the one that does."""

from __future__ import annotations

from ..store import Store


def roll_back(folder: str, sha256: str, why: str) -> bool:
    """Make the model with this digest, which goes on serving, the active one of the store again;
    False where it is not the one before. Raises InputError, OSError."""
    store = Store(folder)
    state = store.state
    if not (state and state.previous and state.previous.sha256 == sha256):
        return False
    store.rollback(why)
    return True
