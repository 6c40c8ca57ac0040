"""Acknowledge and snooze are free, so each is taken back; what was before holds again."""

from datetime import timedelta

import pytest

from fleet.models import AlertMessage, AuditEntry, MessageKind, MessageState
from fleet.services.alerts import handling
from fleet.services.incidents import close_incident
from tests.clock import NOON, Clock
from tests.fleet.alerts.worlds import Mouth, make_channel, make_incident, sweep

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def channel(db: None):
    return make_channel()


def snoozed(incident, hours: int, at=NOON):
    return handling.snooze(incident, hours=hours, acting_user="ada", now=at)


def back(incident, until, before=None, at=NOON) -> bool:
    return handling.take_back_snooze(
        incident, until=until, before=before, acting_user="ada", now=at
    )


def test_ones_own_acknowledgement_is_taken_back_once():
    incident = make_incident()
    handling.acknowledge(incident, acting_user="ada", now=NOON)

    done = [
        handling.take_back_acknowledgement(incident, acting_user="ada", now=NOON)
        for _ in range(2)
    ]

    incident.refresh_from_db()
    assert done == [True, False]
    assert (incident.acknowledged_by, incident.acknowledged_at) == ("", None)
    assert AuditEntry.objects.filter(verb="take back acknowledgement").count() == 1


def test_nobody_takes_back_what_somebody_else_took():
    incident = make_incident()
    handling.acknowledge(incident, acting_user="ada", now=NOON)

    assert not handling.take_back_acknowledgement(incident, acting_user="bob", now=NOON)
    incident.refresh_from_db()
    assert incident.acknowledged_by == "ada"


def test_what_a_snooze_held_back_is_sent_when_it_is_taken_back():
    incident = make_incident()
    mouth, clock = Mouth(), Clock()
    until = snoozed(incident, 2)
    assert sweep(mouth, clock).sent == 0

    assert back(incident, until)

    assert sweep(mouth, clock).sent == 1


def test_nothing_is_said_once_more_at_the_end_of_a_snooze_that_was_taken_back():
    incident = make_incident()
    mouth, clock = Mouth(), Clock()
    sweep(mouth, clock)

    back(incident, snoozed(incident, 2))
    clock.forward(hours=2)

    assert sweep(mouth, clock).sent == 0
    reminder = AlertMessage.objects.get(kind=MessageKind.REMINDER)
    assert reminder.state == MessageState.DROPPED


def test_an_earlier_snooze_holds_again_with_its_reminder():
    incident = make_incident()
    sweep(Mouth(), Clock())
    first = snoozed(incident, 1)
    second = snoozed(incident, 5)

    assert back(incident, second, before=first)

    incident.refresh_from_db()
    assert incident.snoozed_until == NOON + HOUR
    assert AlertMessage.objects.get(kind=MessageKind.REMINDER).due_at == NOON + HOUR


def test_an_earlier_snooze_that_ended_meanwhile_is_said_once_more_now():
    incident = make_incident()
    sweep(Mouth(), Clock())
    first = snoozed(incident, 1)
    second = snoozed(incident, 5)
    later = NOON + 2 * HOUR

    back(incident, second, before=first, at=later)

    incident.refresh_from_db()
    assert incident.snoozed_until is None
    assert AlertMessage.objects.get(kind=MessageKind.REMINDER).due_at == later


def test_a_snooze_that_was_changed_since_stays():
    incident = make_incident()
    first = snoozed(incident, 1)
    second = snoozed(incident, 5)

    assert not back(incident, first)
    incident.refresh_from_db()
    assert incident.snoozed_until == second


def test_what_is_over_has_nothing_to_take_back():
    incident = make_incident()
    handling.acknowledge(incident, acting_user="ada", now=NOON)
    until = snoozed(incident, 1)
    close_incident(key=incident.key, now=NOON, calm=timedelta(0))

    assert not back(incident, until)
    assert not handling.take_back_acknowledgement(incident, acting_user="ada", now=NOON)


def test_no_snooze_becomes_longer_than_a_week_by_taking_one_back():
    incident = make_incident()
    until = snoozed(incident, 1)

    with pytest.raises(ValueError, match="a snooze is 168 h at most"):
        back(incident, until, before=NOON + 169 * HOUR)
    incident.refresh_from_db()
    assert incident.snoozed_until == until
