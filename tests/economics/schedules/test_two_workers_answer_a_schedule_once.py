from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from economics.models import SchedulePlan
from economics.services.schedules import work_out
from tests.economics.schedules.asked import ask, world

WORKERS = 3


@pytest.fixture(autouse=True)
def books(transactional_db):
    """Threads see each other's rows only when they are committed."""


def at_once(work: Callable[[], Any]) -> list[Any]:
    """What `work` gives in each of several workers that start together."""
    gate = Barrier(WORKERS, timeout=20)

    def run() -> Any:
        try:
            gate.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(WORKERS) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(WORKERS)]]


def test_of_workers_at_once_one_answers():
    world()
    plan = ask()

    ended = at_once(lambda: work_out(plan.pk, clock=timezone.now))

    assert sorted(ended) == [False, False, True]
    assert SchedulePlan.objects.get().status == "done"


def test_a_question_sent_twice_at_once_is_one_row():
    asked = at_once(lambda: ask().pk)

    assert len(set(asked)) == SchedulePlan.objects.count() == 1
