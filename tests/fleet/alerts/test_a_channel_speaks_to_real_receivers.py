import json
import threading

import apprise
import pytest
from apprise.manager_plugins import NotificationManager

from fleet.notifying import SERVICES, ChannelRefused, Shown, check, masked, send
from fleet.outgoing import Allowed, Reply
from tests.fleet.alerts.receivers import mail_server, web_hook
from tests.fleet.alerts.test_only_public_targets_are_reached import ODD, resolving

LOOPBACK = Allowed.from_words(["127.0.0.0/8"])
SECRET = "s3cr3t-T0ken-value"
SLACK = f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRET.replace('-', '')}abcdefgh/#ops"


def sent(url: str, allowed: Allowed = LOOPBACK, **more) -> Reply:
    words = {
        "title": "Pod llama-a-1 is hung",
        "body": "no token for 180 s",
        "level": "critical",
    }
    return send(url, allowed=allowed, **(words | more))


def test_a_webhook_gets_the_title_the_body_and_the_level():
    with web_hook() as hook:
        reply = sent(f"json://127.0.0.1:{hook.port}/hooks/{SECRET}")

    assert reply.ok and reply.words == "accepted"
    path, body = hook.got[0]
    assert path == f"/hooks/{SECRET}"
    told = json.loads(body)
    assert (told["title"], told["message"]) == (
        "Pod llama-a-1 is hung",
        "no token for 180 s",
    )
    assert told["type"] == "failure"


def test_a_mail_arrives_at_a_mail_server():
    with mail_server() as box:
        reply = sent(f"mailto://127.0.0.1:{box.port}?from=kerne@a.example&to=ada@a.example")

    assert reply.ok, reply.words
    assert "Subject: Pod llama-a-1 is hung" in box.got[0]
    assert "To: ada@a.example" in box.got[0]


def test_an_ntfy_server_of_ones_own_is_reached():
    with web_hook() as hook:
        assert sent(f"ntfy://127.0.0.1:{hook.port}/fleet-{SECRET}").ok

    assert b"no token for 180 s" in hook.got[0][1]


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_a_refusal_is_told_in_the_services_words_without_the_secret(status: int):
    with web_hook(status=status) as hook:
        reply = sent(f"json://ada:{SECRET}@127.0.0.1:{hook.port}/{SECRET}")

    assert not reply.ok
    assert str(status) in reply.words
    assert SECRET not in reply.words


def test_a_closed_port_is_a_reply_and_no_error():
    reply = sent(f"json://127.0.0.1:9/{SECRET}")

    assert not reply.ok and "onnection error" in reply.words
    assert SECRET not in reply.words


def test_a_server_that_never_answers_costs_the_deadline_and_no_more():
    never = threading.Event()
    with web_hook(hold=never) as hook:
        reply = sent(f"json://127.0.0.1:{hook.port}/", seconds=0.3)
        never.set()

    assert not reply.ok
    assert reply.words == "no answer within 0 s; it may have arrived"
    assert reply.seconds < 3


def test_a_redirect_to_another_address_is_not_followed():
    with web_hook() as inner, web_hook(status=307) as outer:
        outer.location = f"http://127.0.0.1:{inner.port}/metadata"
        reply = sent(f"json://127.0.0.1:{outer.port}/")

    assert not reply.ok and inner.got == []


def test_a_name_that_turns_inward_after_the_check_gets_nothing():
    with web_hook() as hook:
        reply = sent(
            f"json://localhost:{hook.port}/", Allowed(), resolve=resolving("8.8.8.8")
        )

    assert not reply.ok and "not a public address" in reply.words
    assert hook.got == []


@pytest.mark.parametrize(
    "scheme", ["json", "xml", "form", "ntfy", "mailto", "gotify", "apprise"]
)
@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", *ODD[:8]])
def test_an_inward_host_is_refused_for_every_service_that_takes_one(scheme: str, host: str):
    user = "ada:pass@" if scheme == "mailto" else ""

    with pytest.raises(ChannelRefused):
        check(f"{scheme}://{user}{host}/{'a' * 16}?from=a@b.example", allowed=Allowed())


def test_a_mail_server_in_a_parameter_is_judged_too():
    with pytest.raises(ChannelRefused, match="10.0.0.1 is not a public address"):
        check("mailtos://ada:pass@b.example?smtp=10.0.0.1", allowed=Allowed())


def test_every_service_is_one_that_apprise_knows_and_that_speaks_http_or_smtp():
    manager = NotificationManager()
    manager.load_modules()
    odd = {
        *("syslog", "rsyslog", "dbus", "kde", "qt", "glib", "gio", "gnome", "macosx"),
        *(
            "windows",
            "growl",
            "mqtt",
            "mqtts",
            "amqp",
            "irc",
            "xmpp",
            "smpp",
            "blink1",
            "aprs",
        ),
    }

    assert set(SERVICES) <= set(manager.schemas())
    assert not odd & set(SERVICES)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "syslog://",
            "dbus://",
            "gnome://",
            "windows://",
            "macosx://",
            "mqtt://127.0.0.1/t",
        ),
        *(
            "rsyslog://127.0.0.1",
            "file:///etc/passwd",
            "http://a.example/",
            "JSON",
            "",
            "://",
        ),
        *(
            "json://",
            "slack://x",
            "jsons://a.example/ x",
            "json://a.example/\x00",
            "json:/a",
        ),
    ],
)
def test_what_can_not_be_a_channel_is_refused_with_a_sentence(url: str):
    with pytest.raises(ChannelRefused, match=r"write|see the examples|complete"):
        check(url, allowed=LOOPBACK)


@pytest.mark.parametrize(
    "parameter", ["template=/etc/passwd", "Keyfile=%2Fetc%2Fpasswd", "%61ttach=x"]
)
def test_a_parameter_that_reads_a_file_is_refused(parameter: str):
    with pytest.raises(ChannelRefused, match="would read a file"):
        check(f"workflows://127.0.0.1/a/b/c?{parameter}", allowed=LOOPBACK)


def test_only_service_and_host_may_be_shown():
    assert check(SLACK, allowed=Allowed()) == Shown("Slack", "")
    hook = f"json://ada:{SECRET}@127.0.0.1:8/{SECRET}"
    assert check(hook, allowed=LOOPBACK) == Shown("webhook (JSON)", "127.0.0.1")


def test_a_refused_address_is_not_repeated():
    with pytest.raises(ChannelRefused) as refused:
        check(f"slack://{SECRET}/x", allowed=Allowed())

    assert SECRET not in str(refused.value)


def test_a_reply_that_quotes_the_address_is_masked():
    assert (
        masked(f"sent to /{SECRET}\n(ok)", f"json://a.example/{SECRET}")
        == "sent to /*** (ok)"
    )


def test_apprise_writes_to_no_log_of_ours(caplog: pytest.LogCaptureFixture):
    caplog.clear()
    with caplog.at_level("DEBUG"):
        sent(f"json://127.0.0.1:9/{SECRET}")

    assert SECRET not in caplog.text
    assert apprise.__version__ == "2.3.0"  # SERVICES were read in this one
