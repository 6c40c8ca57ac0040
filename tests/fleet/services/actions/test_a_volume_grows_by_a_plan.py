"""A larger volume: only up, weighed, sent until the list shows it."""

from decimal import Decimal

import pytest

from fleet.models import ActionKind, AuditEntry, Deployment, NetworkVolume
from fleet.providers.base import ProviderUnavailable, Rejected
from fleet.selectors.burn import committed_usd_per_hour
from fleet.selectors.standing import standing
from fleet.services import spending
from fleet.services.refused import Refused
from tests.fleet.services.actions.conftest import confirmed, plan_of
from tests.fleet.services.resource_rows import calls, make_volume, tick


@pytest.fixture
def volume(deployment: Deployment, account, clock) -> NetworkVolume:
    row = make_volume(deployment=deployment, size_gb=730)
    tick(account, clock)
    row.refresh_from_db()
    return row


def plan(volume: NetworkVolume, size_gb: object, clock, **given):
    return plan_of(
        ActionKind.GROW_VOLUME,
        volume=volume.name,
        size_gb=str(size_gb),
        now=clock.now,
        **given,
    )


def wish(volume: NetworkVolume, size_gb: int, clock) -> None:
    confirmed(plan(volume, size_gb, clock), now=clock.now)


def size(volume: NetworkVolume) -> tuple[int, int | None]:
    volume.refresh_from_db()
    return volume.size_gb, volume.growing_to_gb


def test_the_plan_says_the_month_before_and_after(volume, clock):
    shown = plan(volume, 876, clock)

    assert shown.changes_in_words == "size 730 GB to 876 GB"
    assert "51.10 USD a month now, 61.32 USD a month from then on" in shown.notes[0]
    assert f"{shown.added_usd_per_hour:f}" == "0.014"
    assert "can not shrink again" in shown.losses[0]


def test_across_the_class_of_1000_gb_it_becomes_cheaper_and_says_so(volume, clock):
    shown = plan(volume, 1000, clock)

    assert "50.00 USD a month from then on" in shown.notes[0]
    assert shown.added_usd_per_hour == 0
    assert shown.saved_usd_per_hour > 0


@pytest.mark.parametrize("size_gb", [729, 730, 10])
def test_it_can_not_shrink_or_stay(volume, clock, size_gb):
    with pytest.raises(Refused, match="has 730 GB already or on its way"):
        plan(volume, size_gb, clock)


@pytest.mark.parametrize("size_gb", ["4097", "", "-1", "9", "1e3", "ten"])
def test_a_size_that_the_provider_has_not_is_refused(volume, clock, size_gb):
    with pytest.raises(Refused, match="write a whole number from 10 to 4096"):
        plan(volume, size_gb, clock)


def test_a_volume_that_is_not_there_yet_can_not_grow(deployment, clock):
    with pytest.raises(Refused, match="it can grow once it is there"):
        plan(make_volume(deployment=deployment), 200, clock)


def test_it_grows_once_and_the_list_confirms_it(volume, account, clock):
    wish(volume, 876, clock)
    assert size(volume) == (730, 876)
    for _ in range(3):
        tick(account, clock)
        clock.forward(seconds=30)

    assert size(volume) == (876, None)
    assert calls(account, "grow_volume") == 1
    assert AuditEntry.objects.get(verb="grow volume").acting_user == "ada"


def test_a_lost_answer_is_settled_by_the_list(volume, account, clock):
    wish(volume, 876, clock)
    account.lose_next_answer("grow_volume")
    tick(account, clock)

    assert size(volume) == (876, None)


def test_one_that_was_not_heard_is_sent_again_and_counted_meanwhile(volume, account, clock):
    wish(volume, 876, clock)
    account.fail_next("grow_volume", ProviderUnavailable("502"))
    tick(account, clock)
    assert size(volume) == (730, 876)
    assert f"{committed_usd_per_hour('fake').normalize():f}" == "0.084"
    assert standing().by_deployment() == {volume.deployment_id: Decimal("0.084")}
    clock.forward(seconds=30)
    tick(account, clock)
    assert calls(account, "grow_volume") == 1
    clock.forward(seconds=31)
    tick(account, clock)

    assert size(volume) == (876, None)
    assert calls(account, "grow_volume") == 2


def test_a_refusal_leaves_it_as_it_is_and_says_why(volume, account, clock):
    wish(volume, 876, clock)
    account.fail_next("grow_volume", Rejected("no space in EU-RO-1"))
    tick(account, clock)

    assert size(volume) == (730, None)
    assert volume.status_reason == "not grown to 876 GB: no space in EU-RO-1"


def test_new_spending_is_weighed_when_it_is_sent(volume, account, clock):
    asked = []

    def refuse(request):
        asked.append(request.usd_per_hour)
        return "the limit is reached"

    wish(volume, 876, clock)
    tick(account, clock, guard=refuse)

    assert size(volume) == (730, 876)
    assert volume.status_reason == "not grown: the limit is reached"
    assert [f"{usd:f}" for usd in asked] == ["0.014"]
    assert calls(account, "grow_volume") == 0
    clock.forward(seconds=61)
    tick(account, clock)
    assert size(volume) == (876, None)


def test_the_switch_stops_it(volume, account, clock):
    spending.stop_spending(acting_user="ada", now=clock.now)
    assert "new spending is stopped" in plan(volume, 876, clock).blocked


def test_the_size_that_the_provider_names_is_the_truth(volume, account, clock):
    account.grow_volume(volume.provider_id, size_gb=800)
    tick(account, clock)

    assert size(volume) == (800, None)
    assert committed_usd_per_hour("fake") == Decimal("56") / 730
