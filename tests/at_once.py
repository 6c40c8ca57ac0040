"""Workers that start together, for what has to hold whoever is first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

PATIENCE = 30  # seconds: a worker that hangs fails its test, it does not stop the run


def at_once(
    *works: Callable[[], Any], before: Callable[[], None] | None = None
) -> list[Any]:
    """What each of `works` returns, two or more, all begun at the same moment.

    before  what each worker does for itself before that
    """
    assert len(works) > 1, "a worker alone meets nobody"
    gate = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        try:
            if before is not None:
                before()
            gate.wait(PATIENCE)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result(PATIENCE) for done in [pool.submit(run, w) for w in works]]
