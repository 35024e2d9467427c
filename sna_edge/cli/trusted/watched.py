"""What `watch` judges with: a model and its limits, named in every verdict, and changed between two
parts where a store has another one."""

from __future__ import annotations

import argparse
import json
import os
import sys

from ...errors import InputError, SnaError
from ...model import Model
from ...quality import Line
from ...serving import Mark, judge, mark_of, roll_back, same_inputs, stored
from ...signing import Trust, configured_keys
from ..learned.measured_columns import columns_asked
from ..learned.options import learner_of
from ..logs.options import log_of
from ..recorded.confusion import Against, lines
from .options import load_with_trust, overruled


class Watched:
    """`line` judges; `told` is what follows in the text of every verdict: which model, which
    limits; `form` makes the text of a reading from its numbers; `log` keeps all answers;
    `against` counts them against what --measured gives.
    Raises InputError, TrustError and ArtifactError where there is no model to judge with.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        if bool(args.model) == bool(args.store):
            raise InputError("missing or ambiguous model; give exactly one of MODEL and --store")
        self._args = args
        self._line: Line | None = None
        self._note = f"{args.table}.learned" if args.follow and is_file(args.table) else None
        self._seen = _mark_of_store(args.store) if args.store else None
        model, trust = self._stored() if args.store else load_with_trust(args, args.backend)
        args.columns = columns_asked(args, model)
        self.line, self.told, self.form = self._made(model, trust)
        self._sha256 = trust.sha256
        self.log = log_of(args, self.say)
        self.against = Against() if args.measured else None

    def _stored(self) -> tuple[Model, Trust]:
        """The active model of the store."""
        args, keys = self._args, configured_keys(self._args.keys)
        model, trust = stored(args.store, keys, insecure=args.insecure, backend=args.backend)
        overruled(args, trust)
        return model, trust

    def _made(self, model: Model, trust: Trust) -> tuple[Line, str, str]:
        made = judge(model, trust.sha256, self._args.limits, self._args.advice_ms)
        line = made.line
        self._release()
        for sentence in made.said:
            self.say(sentence)
        rated = line.acceptance.rated() if line.acceptance else None
        line.learner = learner_of(self._args, model, trust, self._note, self.say, rated)
        self._line = line
        numbers = ", ".join(json.dumps(name).replace("%", "%%") + ": %r" for name in line.names)
        told = f', "model": {json.dumps(trust.said)}, "limits": "{made.limits}"}}'
        return line, told, f', "reading": {{{numbers}}}'

    def close(self) -> None:
        """Let another process learn into the file, keep the log, and say how verdicts and measured
        values agree."""
        self._release()
        if self.against is not None and self.against.found:
            self.say("verdicts against measured values")
            print("\n".join(lines(self.against.found)), file=sys.stderr)
        if self.log is not None:
            self.log.close()

    def _release(self) -> None:
        if self._line is not None and self._line.learner is not None:
            self._line.learner.close()

    def now(self) -> Line:
        """What judges the next part: the model that is active in the store now. One that cannot
        judge here is rolled back, and the one before goes on."""
        if self._seen is None or (seen := _mark_of_store(self._args.store)) == self._seen:
            return self.line
        self._seen = seen
        try:
            model, trust = self._stored()
            if trust.sha256 == self._sha256:
                return self.line
            same_inputs(self.line.model, model, "start watch again with it", all_of_them=True)
            self.line, self.told, self.form = self._made(model, trust)
            self._sha256 = trust.sha256
            self.say(f"judging with version {trust.version}, sha256 {trust.sha256[:16]}.. now")
        except (SnaError, OSError) as error:
            if self._line is not None and self._line.learner is not None:
                self._line.learner.resume()
            self._back(" ".join(str(error).split()))
        return self.line

    def _back(self, reason: str) -> None:
        """Roll the store back to the model that goes on judging."""
        self.say(f"the new model of {self._args.store} cannot judge here, the old one goes on:"
                  f" {reason}")  # fmt: skip
        try:
            roll_back(self._args.store, self._sha256, f"watch could not use it: {reason}")
        except (SnaError, OSError) as error:
            self.say(" ".join(str(error).split()))
        self._seen = _mark_of_store(self._args.store)

    def say(self, what: str) -> None:
        """One line on stderr."""
        print(f"sna-edge watch: {what}", file=sys.stderr)


def is_file(path: str) -> bool:
    """Whether a table has a place to go on from: standard input and pipes have none."""
    return path != "-" and not (os.path.exists(path) and not os.path.isfile(path))


def _mark_of_store(folder: str) -> Mark | None:
    """What changes with every event of a store."""
    return mark_of(os.path.join(folder, "log"))
