"""Options of learning from measured parts, and the learner that they ask for."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ...errors import InputError
from ...learning import OBSERVE, RECALIBRATE, WIDTH, Learner
from ...learning.escape import Rated
from ...model import Model
from ...signing import Trust
from .reference import OFF, refer


def add_learning(parser: argparse.ArgumentParser) -> None:
    """The options --learn, --learned, --measured and --reference."""
    parser.add_argument(
        "--learn",
        choices=(OFF, WIDTH, RECALIBRATE),
        help="what measured values change: nothing, how wide intervals are, or the values too"
        " (default width, once measured values come)",
    )
    parser.add_argument(
        "--learned",
        metavar="FILE",
        help="what keeps that over a restart (default with --follow: PARTS.csv.learned, once"
        " measured values come; else it is forgotten at the end)",
    )
    parser.add_argument(
        "--measured",
        metavar="LAB.csv|COL",
        nargs="+",
        help="measured values: a table of their own, with a column id or part and one for each"
        " output (NAME or measured.NAME), which with --follow, or beside JSON lines, may grow; or"
        " outputs that --table has columns of. At the end verdicts are counted against them",
    )
    parser.add_argument(
        "--reference",
        metavar="ROWS.csv",
        help="rows in the order of time, of a time in which nothing had moved, measured or not:"
        " they set the thresholds of alarms",
    )


def learner_of(
    args: argparse.Namespace,
    model: Model,
    trust: Trust,
    note: str | None,
    tell: Callable[[str], None],
    rated: Rated | None = None,
) -> Learner | None:
    """What learns beside the model, None where nothing does; `note`: the file where none is given.
    Raises InputError where the keys of this machine do not allow what is asked for."""
    if args.learn == OFF:
        for option in ("learned", "measured"):
            if getattr(args, option) and not (option == "measured" and args.columns):
                raise InputError(
                    f"--{option} needs --learn width or recalibrate; leave one of them out"
                )
        if args.columns:  # read to be counted, and nothing else
            learner = Learner(model, trust.sha256, OBSERVE, tell=tell)
            if learner.useless:
                raise InputError(f"--measured: {learner.useless}; leave --measured out")
        elif not args.reference:
            return None
        else:
            learner = Learner(model, trust.sha256, OBSERVE, tell=tell, deaf=True)
        if not args.reference:
            return learner
        refer(args, model, learner)
        return learner
    if args.learn and not trust.may_correct:
        raise InputError(
            f"--learn {args.learn}: the keys of this machine allow no corrections of this model;"
            " add the word corrections to the line of its key, or leave --learn out"
        )
    mode = args.learn or (WIDTH if trust.may_correct else OBSERVE)
    path = args.learned or note
    learner = Learner(
        model, trust.sha256, mode, path, lazy=not args.learned, tell=tell, rated=rated
    )
    for option in ("learn", "measured"):
        if (given := getattr(args, option)) and (why := learner.useless):
            said = " ".join(given) if option == "measured" else given
            raise InputError(f"--{option} {said}: {why}; leave --{option} out")
    if args.reference:
        refer(args, model, learner)
    return learner
