"""What the station has judged and what people did, one line of JSON a record, in one chain.

    records = Records("station-data")            # one writer a folder
    records.append(drafts, done)                 # done(answers, "") when they are on the disk
    records.seen(keys); records.judged("press-1", "P-17"); records.waiting()
    records.outbox.join("plant"); records.outbox.unsent("plant", 500); records.outbox.sent("plant", n)
    records.state(); records.stop(10.0)

    history = History("station-data")            # any thread, any process, reads alone
    history.latest(50, station="press-1"); history.after(number, 500); history.find("P-17")
    history.chart("press-1", "default", "width", start, end); history.counts("press-1", start=.., end=..)
    history.values("press-1", "default", "width", 200); history.csv(file, start=.., end=.., zone=None)

    verify("station-data"); backup("station-data", "copy"); restore("copy", "station-data")

Times of calls are seconds since 1970 (UTC); the database holds integer milliseconds. Standard
library and numpy only.
"""
