"""What the station has judged and what people did, one line of JSON a record, in one chain.

    records = Records("station-data")            # one writer a folder; a thread of its own
    records.append(drafts, done)                 # done(answers, "") when they are on the disk
    records.seen(keys); records.judged("press-1", "P-17"); records.waiting()
    records.outbox.join("plant"); records.outbox.unsent("plant"); records.outbox.sent("plant", 17)
    records.state(); records.stop(10.0)

    history = History("station-data")            # read only, from any thread or process
    history.latest(50, station="press-1"); history.after(number); history.find("P-17")
    history.counts(start=.., end=..); chart(history, "press-1", "default", "width", start, end)

    write_csv(history, file, zone="Europe/Vienna")

    verify("station-data")                       # is every record there, as it was written?
    backup("station-data", "copy"); restore("copy", "new-data")

The digest of a record is sha256(digest of the one before, its text). A record is never changed;
the oldest go by retention, which is a record itself. Times of calls are seconds since 1970 (UTC);
the database holds integer milliseconds. Standard library and numpy only.
"""

from .copies import backup, restore
from .outbox import Outbox, Parcel, Place
from .reading.drawn import Chart, Figures, Points, chart, figures, points
from .reading.export import csv_lines, write_csv, zone_of
from .reading.history import Found, History
from .reading.measured import Measured, measured
from .retention import Keep
from .verify import Verified, verify
from .writer import Records

__all__ = [
    "Chart",
    "Figures",
    "Found",
    "History",
    "Keep",
    "Measured",
    "Outbox",
    "Parcel",
    "Place",
    "Points",
    "Records",
    "Verified",
    "backup",
    "chart",
    "csv_lines",
    "figures",
    "measured",
    "points",
    "restore",
    "verify",
    "write_csv",
    "zone_of",
]
