"""A notice of an interruption locks as a deployment's own step does: it, then its pod."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction

from fleet.models import AuditEntry, Deployment, Pod, PodStatus
from fleet.services import spot
from tests.clock import NOON
from tests.factories import make_deployment, make_pod
from tests.fleet.services.test_two_workers_at_once import PATIENCE, at_once

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = 400_000  # bounds the wait for the other's lock
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        for _ in range(LOOKS):
            cursor.execute(WAITING)
            if cursor.fetchone()[0]:
                return True
    return False


def test_whoever_comes_first_both_are_done():
    deployment = make_deployment(replicas=1)
    pod = make_pod(deployment=deployment, status=PodStatus.SERVING)
    locked = Event()

    def step() -> bool:
        with transaction.atomic():
            Deployment.objects.select_for_update().get()
            locked.set()
            assert somebody_waits()
            return Pod.objects.select_for_update().get().status == PodStatus.SERVING

    def notice() -> bool:
        assert locked.wait(PATIENCE)
        return spot.note_notice(pod, NOON + timedelta(seconds=5), now=NOON)

    assert at_once(step, notice) == [True, True]
    assert Pod.objects.get().status == PodStatus.TERMINATING
    assert AuditEntry.objects.filter(verb="interrupted").count() == 1
