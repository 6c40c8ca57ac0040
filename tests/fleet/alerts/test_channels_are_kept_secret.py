import pytest
from cryptography.fernet import Fernet
from django.db import connection

from fleet.models import AlertChannel, AuditEntry
from fleet.notifying import ChannelRefused, Shown
from fleet.services.alerts import channels
from tests.clock import NOON, Clock
from tests.fleet.alerts.worlds import Mouth, make_channel, make_incident, sweep

SECRET = "json://a.example/t0ken"


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test here writes."""


def changed(channel: AlertChannel, **words):
    defaults = {
        "name": channel.name,
        "address": "",
        "enabled": True,
        "check": lambda _: Shown("Slack", ""),
    }
    channels.change_channel(channel, **(defaults | words), acting_user="ada", now=NOON)


def test_the_database_holds_no_address_in_the_clear():
    make_channel()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret_address FROM fleet_alertchannel")
        kept = cursor.fetchone()[0]

    assert "t0ken" not in kept and "a.example" not in kept
    assert channels.open_address(AlertChannel.objects.get()) == SECRET


def test_an_address_of_before_a_change_of_keys_still_opens(settings):
    make_channel()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]

    assert channels.open_address(AlertChannel.objects.get()) == SECRET


def test_an_address_that_no_key_opens_is_told_and_not_sent(settings):
    make_channel()
    make_incident()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    mouth = Mouth()

    sweep(mouth)

    assert mouth.said == []
    assert "enter it again" in AlertChannel.objects.get().tried_reply


def test_the_pages_need_no_key(settings):
    make_channel()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    assert [each.name for each in AlertChannel.objects.all()] == ["ops"]


def test_a_test_message_keeps_the_reply_as_it_came():
    channel = make_channel()

    reply = channels.test_channel(
        channel, say=Mouth(ok=False, words="HTTP 401"), acting_user="ada", clock=Clock(NOON)
    )

    channel.refresh_from_db()
    assert not reply.ok and channel.tried_reply == "HTTP 401"
    audited = AuditEntry.objects.get(verb="test alert channel")
    assert audited.figures == {"ok": False, "reply": "HTTP 401", "seconds": 0.4}


def test_no_audit_row_tells_an_address():
    channel = make_channel()
    changed(channel, address="slack://an/other/s3cret")
    channels.remove_channel(channel, acting_user="ada", now=NOON)

    told = [str(entry.figures) for entry in AuditEntry.objects.all()]
    assert len(told) == 3
    assert not any("t0ken" in each or "s3cret" in each for each in told)


def test_an_empty_address_keeps_the_one_there_is():
    channel = make_channel()
    changed(channel, name="ops 2", enabled=False)

    channel.refresh_from_db()
    assert (channel.name, channel.enabled) == ("ops 2", False)
    assert channels.open_address(channel) == SECRET


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\x00b", "a\nb"])
def test_a_name_that_can_not_be_one_is_refused(name: str):
    with pytest.raises(ChannelRefused, match="write 1 to 60 printable characters"):
        make_channel(name)

    assert not AlertChannel.objects.exists()


def test_two_channels_have_two_names():
    make_channel()
    with pytest.raises(ChannelRefused, match="a channel has it already"):
        make_channel()


def test_there_are_at_most_thirty():
    for n in range(30):
        make_channel(f"channel {n}")

    with pytest.raises(ChannelRefused, match="remove one first"):
        make_channel("one more")
