from datetime import timedelta

import pytest

from fleet.models import AlertMessage, AlertRule, MessageState, Severity
from fleet.outgoing import Reply
from fleet.services.alerts import handling, maintenance, outbox
from fleet.services.incidents import close_incident
from tests.clock import NOON, Clock, seconds
from tests.factories import make_pod
from tests.fleet.alerts.worlds import URL, Mouth, make_channel, make_incident, sweep

NOW_CALM = timedelta(0)


@pytest.fixture(autouse=True)
def channel(db: None):
    return make_channel()


def over(key: str = "orphan:pod1", *, at=NOON) -> None:
    close_incident(key=key, now=at, calm=NOW_CALM)


def test_the_message_names_severity_numbers_and_where_to_look():
    incident = make_incident(detail="0.74 USD/h", severity=Severity.CRITICAL)
    mouth = Mouth()

    assert sweep(mouth).sent == 1
    address, title, body, level = mouth.said[0]
    assert address == "json://a.example/t0ken"
    assert title == "[Kerne demo] Critical: Trouble orphan:pod1"
    assert "0.74 USD/h" in body and f"{URL}/alerts/{incident.pk}/" in body
    assert "Since 2026-03-10 12:00 UTC" in body
    assert level == "critical"


def test_ten_ticks_of_a_trouble_are_one_message():
    mouth, clock = Mouth(), Clock()
    for _ in range(10):
        make_incident(now=clock.forward(seconds=30))
        sweep(mouth, clock)

    assert len(mouth.said) == 1


def test_every_channel_is_told_once():
    make_channel("night")
    make_incident()
    mouth = Mouth()

    sweep(mouth)
    sweep(mouth)

    assert len(mouth.said) == 2


def test_the_end_is_told_to_those_who_heard_of_the_beginning():
    make_incident()
    mouth, clock = Mouth(), Clock()
    sweep(mouth, clock)
    make_channel("late")

    over(at=clock.forward(minutes=30))
    sweep(mouth, clock)

    assert mouth.titles[1:] == ["[Kerne demo] Over: Trouble orphan:pod1"]
    assert "over at 2026-03-10 12:30 UTC" in mouth.said[1][2]
    assert mouth.said[1][3] == "over"


def test_a_trouble_that_comes_and_goes_within_the_calm_time_is_no_second_message():
    mouth, clock = Mouth(), Clock()
    for _ in range(5):
        make_incident(now=clock.forward(seconds=60))
        close_incident(key="orphan:pod1", now=clock.forward(seconds=60))
        sweep(mouth, clock)

    assert len(mouth.said) == 1


def test_what_was_over_before_anybody_was_told_is_not_told():
    make_incident()
    over()
    mouth = Mouth()

    assert sweep(mouth).sent == 0
    assert AlertMessage.objects.get().state == MessageState.DROPPED


def test_a_refusal_is_tried_again_later_and_not_at_once():
    make_incident()
    mouth, clock = Mouth(ok=False, words="HTTP 500"), Clock()

    sweep(mouth, clock)
    sweep(mouth, clock)
    assert len(mouth.said) == 1
    clock.forward(seconds=30)
    sweep(mouth, clock)

    assert len(mouth.said) == 2
    assert AlertMessage.objects.get().reply == "HTTP 500"


def test_it_is_given_up_after_eight_tries_over_two_hours(channel):
    make_incident()
    mouth, clock = Mouth(ok=False), Clock()
    for _ in range(12):
        sweep(mouth, clock)
        clock.forward(hours=1)

    assert len(mouth.said) == outbox.MOST_ATTEMPTS
    assert AlertMessage.objects.get().state == MessageState.FAILED
    waits = [outbox.back_off(n).total_seconds() for n in range(1, 9)]
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600]
    channel.refresh_from_db()
    assert (channel.failures, channel.tried_ok) == (8, False)


def test_a_message_still_retried_becomes_the_one_of_the_end():
    make_incident()
    clock = Clock()
    sweep(Mouth(ok=False), clock)
    over(at=clock.forward(minutes=10))
    mouth = Mouth()

    sweep(mouth, clock)

    assert mouth.titles == ["[Kerne demo] Over: Trouble orphan:pod1"]


def test_a_channel_that_refuses_holds_up_no_other():
    make_channel("other", address="json://b.example/x")
    make_incident()
    make_incident("orphan:pod2")
    told = Mouth()

    def mixed(address: str, **words: str):
        return (told if "b.example" in address else Mouth(ok=False))(address, **words)

    sweep(mixed)

    assert len(told.said) == 2


def test_five_at_once_are_five_messages_worst_first():
    for n in range(4):
        make_incident(f"orphan:{n}")
    make_incident("runway:sandbox", severity=Severity.CRITICAL)
    mouth = Mouth()

    sweep(mouth)

    assert len(mouth.said) == 5
    assert mouth.titles[0] == "[Kerne demo] Critical: Trouble runway:sandbox"


def test_six_at_once_are_one_message_that_lists_the_worst_first():
    for n in range(5):
        make_incident(f"orphan:{n}")
    make_incident("runway:sandbox", severity=Severity.CRITICAL)
    mouth = Mouth()

    sweep(mouth)

    assert mouth.titles == ["[Kerne demo] 6 incidents open"]
    lines = mouth.said[0][2].splitlines()
    assert lines[0] == "- Critical: Trouble runway:sandbox"
    assert len(lines) == 7 and mouth.said[0][3] == "critical"
    assert AlertMessage.objects.filter(state=MessageState.SENT).count() == 6


def test_a_dead_sweeps_claim_ends_and_its_message_is_said_again(channel):
    make_incident()
    outbox.claim(channel, now=NOON, token="dead")
    mouth, clock = Mouth(), Clock()

    sweep(mouth, clock)
    assert mouth.said == []
    clock.forward(seconds=outbox.CLAIM_SECONDS)
    sweep(mouth, clock)

    assert len(mouth.said) == 1


def test_a_sweep_that_lost_its_claim_settles_nothing(channel):
    make_incident()
    rows = outbox.claim(channel, now=NOON, token="slow")
    outbox.claim(channel, now=NOON + seconds(outbox.CLAIM_SECONDS), token="fast")

    outbox.settle(rows, Reply(True, "accepted", 0.4), token="slow", now=NOON)

    assert AlertMessage.objects.get().state == MessageState.SENDING


def test_a_snoozed_incident_is_quiet_and_then_said_once_more():
    incident = make_incident()
    mouth, clock = Mouth(), Clock()
    sweep(mouth, clock)
    handling.snooze(incident, hours=2, acting_user="ada", now=clock())

    sweep(mouth, clock)
    clock.forward(hours=2)
    sweep(mouth, clock)
    sweep(mouth, clock)

    assert mouth.titles[1:] == ["[Kerne demo] Still open: Trouble orphan:pod1"]


def test_nothing_is_said_in_maintenance_and_what_lasts_is_said_after_it():
    pod = make_pod()
    make_incident(pod=pod)
    mouth, clock = Mouth(), Clock()
    maintenance.begin_maintenance(minutes=60, pod=pod, acting_user="ada", now=NOON)

    assert sweep(mouth, clock).sent == 0
    clock.forward(hours=1)
    assert sweep(mouth, clock).sent == 1


@pytest.mark.parametrize("covers", ["deployment", "everything"])
def test_maintenance_of_a_deployment_or_of_everything_covers_its_pods(covers: str):
    pod = make_pod()
    make_incident(pod=pod)
    whole = {"deployment": pod.deployment} if covers == "deployment" else {}
    maintenance.begin_maintenance(minutes=60, acting_user="ada", now=NOON, **whole)

    assert sweep(Mouth()).sent == 0


def test_maintenance_of_one_pod_silences_no_other():
    make_incident(pod=make_pod())
    maintenance.begin_maintenance(minutes=60, pod=make_pod(), acting_user="ada", now=NOON)

    assert sweep(Mouth()).sent == 1


def test_a_rule_that_is_off_or_has_other_channels_tells_nobody_else(channel):
    other = make_channel("other", address="json://b.example/x")
    row = AlertRule.objects.create(
        slug="orphan",
        severity=Severity.WARNING,
        minutes=0,
        calm_minutes=5,
        all_channels=False,
        changed_by="ada",
        changed_at=NOON,
    )
    row.channels.set([other])
    mouth = Mouth()

    make_incident()
    sweep(mouth)
    row.enabled = False
    row.save()
    make_incident("orphan:pod2")
    sweep(mouth)

    assert [address for address, *_ in mouth.said] == ["json://b.example/x"]


def test_a_channel_that_is_off_gets_nothing(channel):
    make_incident()
    channel.enabled = False
    channel.save()

    assert sweep(Mouth()).sent == 0
