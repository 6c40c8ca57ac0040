import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import AlertChannel, AlertRule, AuditEntry
from fleet.services.alerts import channels
from fleet.services.roles import Role
from tests.factories import make_user
from tests.fleet.alerts.receivers import web_hook
from tests.fleet.alerts.worlds import make_channel

SECRET = "s3cret-t0ken"


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(f"the-{role.value}", role=role))
    return client


@pytest.fixture
def admin(db: None) -> Client:
    return client_of(Role.ADMIN)


def add(client: Client, address: str, name: str = "ops", *, follow: bool = True):
    return client.post(
        reverse("fleet:alert-channels"), {"name": name, "address": address}, follow=follow
    )


def test_a_channel_is_added_and_its_address_is_never_shown_again(admin):
    with web_hook() as hook:
        page = add(admin, f"json://ada:{SECRET}@127.0.0.1:{hook.port}/{SECRET}")

    channel = AlertChannel.objects.get()
    change = admin.get(reverse("fleet:alert-channel", args=[channel.pk]))
    for answer in (page, change):
        assert SECRET not in answer.content.decode()
        assert "webhook (JSON)" in answer.content.decode()
    assert "127.0.0.1" in page.content.decode()


def test_the_test_button_shows_what_really_came_back(admin):
    with web_hook(status=401) as hook:
        add(admin, f"json://127.0.0.1:{hook.port}/{SECRET}")
        address = reverse("fleet:alert-channel-test", args=[AlertChannel.objects.get().pk])
        refused = admin.post(address, follow=True).content.decode()
        hook.status = 200
        taken = admin.post(address, follow=True).content.decode()

    assert "did not take the test" in refused and "401" in refused
    assert "Sent to ops: accepted, 0." in taken
    assert len(hook.got) == 2 and SECRET not in refused + taken
    assert AuditEntry.objects.filter(verb="test alert channel").count() == 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "x",
        "syslog://",
        "json://10.0.0.1/",
        "json://169.254.169.254/latest",
        "json://\x00",
        "x" * 5_000,
    ],
)
def test_an_address_that_can_not_be_gets_a_sentence_and_is_not_echoed(admin, address: str):
    page = add(admin, address).content.decode()

    assert not AlertChannel.objects.exists()
    assert 'aria-invalid="true"' in page
    assert len(address) < 10 or address not in page


def test_a_channel_is_changed_turned_off_and_removed(admin):
    channel = make_channel()
    address = reverse("fleet:alert-channel", args=[channel.pk])
    admin.post(address, {"name": "night", "address": ""})
    channel.refresh_from_db()
    assert (channel.name, channel.enabled) == ("night", False)
    assert channels.open_address(channel) == "json://a.example/t0ken"

    admin.post(reverse("fleet:alert-channel-remove", args=[channel.pk]))

    assert not AlertChannel.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_an_admin_sets_channels_and_rules(db: None, role: Role):
    channel, client = make_channel(), client_of(role)
    assert client.get(reverse("fleet:alert-channels")).status_code == 200
    assert client.get(reverse("fleet:alert-rules")).status_code == 200

    refused = [
        add(client, "json://a.example", "mine", follow=False),
        client.post(reverse("fleet:alert-channel", args=[channel.pk]), {"name": "x"}),
        client.post(reverse("fleet:alert-channel-remove", args=[channel.pk])),
        client.post(reverse("fleet:alert-rule", args=["orphan"]), {"minutes": "1"}),
        client.post(reverse("fleet:alert-rule-reset", args=["orphan"])),
    ]

    assert [answer.status_code for answer in refused] == [403] * 5
    assert AlertChannel.objects.get().name == "ops" and not AlertRule.objects.exists()


def test_a_viewer_sends_no_test(db: None):
    address = reverse("fleet:alert-channel-test", args=[make_channel().pk])

    assert client_of(Role.VIEWER).post(address).status_code == 403


def rule(**fields: object) -> dict[str, object]:
    defaults: dict[str, object] = {
        "enabled": "on",
        "severity": "2",
        "minutes": "10",
        "calm_minutes": "20",
        "limit": "12.5",
        "all_channels": "on",
    }
    return defaults | fields


def test_a_rule_is_changed_and_given_its_shipped_values_back(admin):
    address = reverse("fleet:alert-rule", args=["job-failing"])
    admin.post(address, rule())

    page = admin.get(reverse("fleet:alert-rules")).content.decode()
    assert "12.5 runs" in page and "20 min calm" in page and "Changed by the-admin" in page
    assert AuditEntry.objects.get(verb="change alert rule").figures["limit"] == "12.5"

    admin.post(reverse("fleet:alert-rule-reset", args=["job-failing"]))
    assert not AlertRule.objects.exists()


def test_a_rule_tells_the_channels_that_were_ticked(admin):
    first, _ = make_channel("first"), make_channel("second")
    fields = rule(channels=[str(first.pk)])
    del fields["all_channels"]

    admin.post(reverse("fleet:alert-rule", args=["orphan"]), fields)

    assert [each.name for each in AlertRule.objects.get().channels.all()] == ["first"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("minutes", "-1", "For is &#x27;-1&#x27;; write whole minutes from 0 to 1440."),
        ("minutes", "9" * 100, "write whole minutes from 0 to 1440."),
        ("calm_minutes", "1.5", "Calm is &#x27;1.5&#x27;"),
        ("severity", "4", "choose one of the list"),
        ("limit", "1e9", "Limit is &#x27;1e9&#x27;; write runs such as 5."),
        ("limit", "NaN", "write runs such as 5."),
        ("channels", ["77"], "does not exist any more"),
    ],
)
def test_what_can_not_be_read_gets_a_sentence_and_changes_nothing(
    admin, field: str, value: object, sentence: str
):
    fields = rule(**{field: value})
    if field == "channels":
        del fields["all_channels"]

    page = admin.post(
        reverse("fleet:alert-rule", args=["job-failing"]), fields
    ).content.decode()

    assert sentence in page and not AlertRule.objects.exists()


def test_a_rule_that_does_not_exist_is_not_found(admin):
    assert admin.get(reverse("fleet:alert-rule", args=["nonsense"])).status_code == 404


def test_of_a_guardrail_only_who_hears_of_it_is_set_here(admin):
    channel = make_channel()
    address = reverse("fleet:alert-rule", args=["guardrail-daily-loss"])
    page = admin.get(address).content.decode()
    assert 'name="severity"' not in page and "who hears of it" in page

    admin.post(address, {"enabled": "on", "channels": [str(channel.pk)]})

    row = AlertRule.objects.get()
    assert not row.all_channels and list(row.channels.all()) == [channel]
