"""The progress of an action as Server-Sent Events: a word when it moved, and at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Action, Deployment
from fleet.selectors.action_progress import progress_of
from fleet.views.action_stream import Sight, moves, sight_of
from tests.factories import NOW, make_requested_pod


def told(*words: str, ends: bool = True) -> list[str]:
    """The kinds of the events of looks that saw `words`, the last of them the end."""
    last = len(words) - 1
    sights = [Sight(each, ends and n == last) for n, each in enumerate(words)]
    return [each.partition("\n")[0] for each in asyncio.run(events(sights))][1:]


async def events(sights: Sequence[Sight]) -> list[str]:
    ahead = list(sights)

    async def look() -> Sight:
        return ahead.pop(0)

    return [each async for each in moves(look, pause=0, most_looks=len(sights) - 1)]


def test_a_move_is_told_and_standing_still_is_not():
    assert told("a", "a", "b", "b", "c", ends=False) == ["event: moved"] * 2


def test_the_end_is_told_once_and_ends_the_stream():
    assert told("a", "done") == ["event: ended"]
    assert told("done") == ["event: ended"]


def test_a_long_silence_shows_that_somebody_is_there():
    assert told(*"aaaaaaaaaaaa", ends=False) == [": still here"]


@pytest.fixture
def launch(deployment: Deployment) -> Action:
    return Action.objects.create(
        kind="launch",
        key="k1",
        target=deployment.slug,
        deployment=deployment,
        replicas=1,
        new_pods=1,
        plan={
            "usd_per_hour": "0.74",
            "usd_per_day": "17.76",
            "account_usd_per_hour_before": "0",
            "account_usd_per_hour_after": "0.74",
        },
        confirmed_by="ada",
        confirmed_at=NOW,
    )


@pytest.mark.django_db
def test_time_alone_is_no_move_and_a_status_is(launch: Action):
    pod = make_requested_pod(deployment=launch.deployment, requested_at=NOW)

    def seen(minutes: int) -> Sight:
        return sight_of(progress_of(launch, now=NOW + timedelta(minutes=minutes)))

    first = seen(1)
    assert seen(2) == first and not first.has_ended
    pod.status_reason = "no capacity"
    pod.save(update_fields=["status_reason"])
    assert seen(2) != first


@pytest.mark.django_db
def test_the_page_of_a_running_action_listens(operator: Client, launch: Action):
    page = operator.get(reverse("fleet:action", args=[launch.pk])).content.decode()

    assert f'data-stream="{reverse("fleet:action-stream", args=[launch.pk])}"' in page
    assert "console/actions" in page


@pytest.mark.django_db
def test_a_server_that_can_not_stream_says_so(operator: Client, launch: Action):
    answer = operator.get(reverse("fleet:action-stream", args=[launch.pk]))

    assert answer["Content-Type"].startswith("text/event-stream")
    assert "cannot stream" in answer.content.decode()


@pytest.mark.django_db
def test_it_needs_a_login(client: Client, launch: Action):
    address = reverse("fleet:action-stream", args=[launch.pk])
    assert client.get(address).status_code == 302
