"""The models of a device: the one that is active and the one before, switched in one write, so
that a power cut at any moment leaves exactly one of them active.

    store = Store("/var/lib/sna-edge/width")
    store.install(data, trust)          # the model that was active is kept
    active = store.active()             # its bytes, and what is known of it
    store.rollback("scrap since noon")
"""

from .events import Event, Slot
from .store import Active, Store

__all__ = ["Active", "Event", "Slot", "Store"]
