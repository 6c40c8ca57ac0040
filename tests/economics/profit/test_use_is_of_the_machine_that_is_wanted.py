"""Hours on another GPU are no share of the peak of the one that is wanted now."""

from __future__ import annotations

from economics.calc.unknown import Unknown
from economics.models import DailyProfit, Scope
from economics.selectors.profit.cells import profit_cells, total
from economics.selectors.profit.week import hours_of_week
from economics.services.close import close_day
from fleet.models import Deployment
from tests.economics.profit.story import Story

A100 = "NVIDIA A100 80GB PCIe"


def moves(deployment: Deployment) -> None:
    Deployment.objects.filter(pk=deployment.pk).update(gpu_type_id=A100)


def used(story: Story, **address: str) -> object:
    return total(
        profit_cells(story.wanted(**address), now=story.now, judged=True)
    ).utilization


def test_the_use_of_a_deployment_that_moved_is_not_known(story: Story):
    assert not isinstance(used(story, deployment="llama-a"), Unknown)

    moves(story.llama)

    assert isinstance(used(story, deployment="llama-a"), Unknown)


def test_the_use_of_others_stays(story: Story):
    before = used(story, deployment="qwen-b")

    moves(story.llama)

    assert used(story, deployment="qwen-b") == before


def test_the_week_shows_no_share_of_another_machine(story: Story):
    known = [each for each in hours_of_week(story.wanted()) if each.utilization]
    moves(story.llama)
    moves(story.qwen)

    after = hours_of_week(story.wanted())

    assert known and not any(each.utilization for each in after)
    assert [
        each.busy for each in after if each.busy
    ]  # whether it worked is known as before


def test_a_day_of_two_machines_is_closed_without_a_share(story: Story):
    moves(story.qwen)

    close_day(story.days[2], story.at(4, 0, 20))

    row = DailyProfit.objects.get(
        day=story.days[2], scope=Scope.DEPLOYMENT, deployment=story.qwen
    )
    assert (row.utilization, row.break_even_utilization) == (None, None)
    assert row.cost_usd > 0
