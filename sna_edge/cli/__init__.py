"""The command line `sna-edge`: one file per word, each with `HELP`, `configure(parser)` and
`run(args) -> exit code`.

Exit codes: 0 answered, 3 answered with a status that carries no value (a single query, or every row
of a table), 2 bad input or usage, 1 a fault of this program. Errors are one sentence on stderr;
with --json they are also one object on stdout.
"""

from .main import main

__all__ = ["main"]
