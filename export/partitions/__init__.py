"""A job cut into partitions: by processes of this machine or a Dask cluster, resumed where it
ended.

    results = run(tasks, work, "ledger", workers=2)

`work(task)` is a function of a module (or a `functools.partial` of one); its tasks and results
are what JSON can say. Every finished partition is a file of the ledger's folder, so that whatever
ends the job (a worker or the driver killed, a cluster gone) costs only the partitions that were
being worked on, and none counts twice.
"""

from .ledger import Ledger
from .processes import cores
from .run import run

__all__ = ["Ledger", "cores", "run"]
