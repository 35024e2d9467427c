"""The live page of a station: what it has judged, shown to people as it happens, and what they do
about it. Static files without a build step, state by server-sent events, nothing fetched from
elsewhere.

    app, feed = behind(plant)     # what stands behind the door for HTTP
    feed.start()                  # a thread that reads the bus and tells open pages
"""

from .behind import behind
from .feed import Feed
from .files import files
from .routes import routes
from .sources import Shown, Sources

__all__ = ["Feed", "Shown", "Sources", "behind", "files", "routes"]
