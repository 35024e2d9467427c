"""Records in memory, for tests of what stands before them: as slow as asked, full when asked."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from sna_edge.station.parts import Answer


class MemoryRecords:
    """A `Recorder` with a thread of its own; `hold` keeps it from writing, `full` refuses."""

    def __init__(self, folder="", **_):
        self.folder, self.texts, self.drafts = folder, [], []
        self.by_key, self.last = {}, {}
        self.full, self.refused, self.hold = "", 0, threading.Event()
        self.hold.set()
        self._queue, self._change = deque(), threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def append(self, drafts, done):
        with self._change:
            self._queue.append((list(drafts), done))
            self._change.notify()

    def seen(self, keys):
        with self._change:
            return {k: replace(self.by_key[k], again=True) for k in keys if k in self.by_key}

    def judged(self, station, part):
        with self._change:
            return self.last.get((station, part))

    def waiting(self):
        return sum(len(drafts) for drafts, _ in self._queue)

    def state(self):
        return {"up": not self.full, "words": self.full, "waiting": 0, "last": len(self.texts)}

    def cut(self, days):
        self.days = days

    def stop(self, seconds=10.0):
        with self._change:
            self._ended = True
            self._change.notify()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self):
        while True:
            with self._change:
                while not self._queue and not self._ended:
                    self._change.wait(0.1)
                if not self._queue:
                    return
            self.hold.wait()
            with self._change:
                drafts, done = self._queue.popleft()
                self.refused += bool(self.full)
                found = [] if self.full else [self._written(draft) for draft in drafts]
            done(found, self.full)

    def _written(self, draft):
        if draft.kind != "event" and draft.key in self.by_key:
            return replace(self.by_key[draft.key], again=True)
        number = len(self.texts) + 1
        text = f'{{"record": {number}, {draft.text[1:-1]}, "previous": "{"0" * 64}"}}'
        answer = Answer(number, text, draft.verdict)
        self.texts.append(text)
        self.drafts.append(draft)
        if draft.kind != "event":
            self.by_key[draft.key] = answer
        if draft.kind == "verdict":
            self.last[draft.station, draft.part] = text
        return answer
