"""A maintenance that is asked for twice, by a double click or a repeat, begins once."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet.models import AuditEntry, MaintenanceWindow, Pod
from fleet.services.alerts.maintenance import begin_maintenance, begin_together
from tests.at_once import at_once
from tests.factories import make_pod

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def begin(pod: Pod | None, *, minutes: int = 60, later: int = 0) -> MaintenanceWindow:
    return begin_maintenance(
        minutes=minutes, pod=pod, acting_user="ada", now=NOON + timedelta(seconds=later)
    )


def begun() -> int:
    return AuditEntry.objects.filter(verb="begin maintenance").count()


@pytest.mark.django_db
def test_the_same_within_a_minute_moves_no_end_and_is_audited_once():
    pod = make_pod()

    first, again = begin(pod), begin(pod, later=59)

    assert again == first
    assert again.ends_at == NOON + timedelta(hours=1)
    assert begun() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "later"), [(60, 60), (61, 0), (240, 5)])
def test_a_minute_more_makes_it_longer_and_is_audited(minutes: int, later: int):
    pod = make_pod()
    begin(pod)

    longer = begin(pod, minutes=minutes, later=later)

    assert longer.ends_at == NOON + timedelta(minutes=minutes, seconds=later)
    assert MaintenanceWindow.objects.count() == 1
    assert begun() == 2


@pytest.mark.django_db
def test_a_shorter_one_changes_nothing_and_is_not_audited():
    pod = make_pod()
    begin(pod)

    assert begin(pod, minutes=30).ends_at == NOON + timedelta(hours=1)
    assert begun() == 1


@pytest.mark.django_db
def test_several_that_are_begun_twice_begin_once():
    pods = [make_pod(), make_pod()]

    for later in (0, 3):
        now = NOON + timedelta(seconds=later)
        begin_together(pods, minutes=60, acting_user="ada", now=now)

    assert MaintenanceWindow.objects.count() == 2
    assert begun() == 2


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_open_one_window():
    windows = at_once(lambda: begin(None), lambda: begin(None))

    assert windows[0] == windows[1]
    assert begun() == 1
