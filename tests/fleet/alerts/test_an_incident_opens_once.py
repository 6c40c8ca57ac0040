from datetime import timedelta

import pytest

from fleet.models import Incident, Severity
from fleet.services.incidents import (
    CALM,
    begin,
    close_calm,
    close_incident,
    note_sighting,
    open_incident,
)
from tests.clock import NOON, seconds
from tests.factories import make_pod

KEY = "daily-loss:tier-1"


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test here writes."""


def opened(now=NOON, **words):
    return open_incident(
        **({"key": KEY, "title": "Tier 1 loses money", "now": now} | words)
    )


def test_a_trouble_seen_at_every_tick_is_one_incident():
    first = opened()
    again = opened(now=NOON + seconds(60), detail="loss 12.00 USD of 10.00 allowed")

    assert again.pk == first.pk
    incident = Incident.objects.get()
    assert incident.opened_at == NOON
    assert incident.last_seen_at == NOON + seconds(60)
    assert incident.detail == "loss 12.00 USD of 10.00 allowed"


def test_two_subjects_are_two_incidents():
    opened()
    opened(key="daily-loss:tier-2")

    assert Incident.objects.open().count() == 2


def test_the_severity_of_an_open_incident_only_rises():
    opened(severity=Severity.WARNING)
    opened(severity=Severity.CRITICAL)
    opened(severity=Severity.NOTICE)

    assert Incident.objects.get().severity == Severity.CRITICAL


def test_it_closes_only_after_the_calm_time():
    opened()

    early = close_incident(key=KEY, now=NOON + seconds(60))
    almost = close_incident(key=KEY, now=NOON + seconds(59) + CALM)
    closed = close_incident(key=KEY, now=NOON + seconds(60) + CALM)

    assert (early, almost, closed) == (False, False, True)
    assert Incident.objects.get().closed_at == NOON + seconds(60) + CALM


def test_a_trouble_that_comes_back_within_the_calm_time_is_the_same_incident():
    opened()
    close_incident(key=KEY, now=NOON + seconds(60))
    opened(now=NOON + seconds(120))

    assert close_calm(now=NOON + seconds(90) + CALM) == 0
    assert Incident.objects.get().is_open


def test_the_sweep_closes_what_nobody_asks_for_again():
    opened()
    close_incident(key=KEY, now=NOON, calm=timedelta(minutes=2))

    assert close_calm(now=NOON + timedelta(minutes=2)) == 1
    assert close_calm(now=NOON + timedelta(minutes=2)) == 0


def test_a_trouble_after_a_closed_one_is_a_new_incident():
    first = opened()
    close_incident(key=KEY, now=NOON, calm=timedelta(0))
    second = opened(now=NOON + seconds(1))

    assert first.pk != second.pk
    assert Incident.objects.count() == 2


def test_closing_what_never_opened_is_nothing():
    assert close_incident(key=KEY, now=NOON) is False


def test_a_trouble_that_did_not_last_is_forgotten():
    note_sighting(key=KEY, title="maybe", now=NOON)
    assert not Incident.objects.open().exists()

    close_incident(key=KEY, now=NOON + seconds(60))

    assert not Incident.objects.exists()


def test_only_one_of_two_workers_begins_an_incident():
    seen = note_sighting(key=KEY, title="for a while now", now=NOON)

    assert begin(seen, now=NOON + seconds(300)) is True
    assert begin(seen, now=NOON + seconds(300)) is False


def test_an_incident_of_a_pod_is_one_of_its_deployment_too():
    pod = make_pod()

    incident = opened(pod=pod)

    assert (incident.pod, incident.deployment) == (pod, pod.deployment)


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_that_could_not_be_kept_is_refused(key: str):
    with pytest.raises(ValueError, match="write 1 to 200 characters"):
        opened(key=key)

    assert not Incident.objects.exists()
