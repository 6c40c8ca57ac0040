"""Another GPU: the peak of the old one goes, whoever set it; its hours count no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from economics.models import UsageHour
from economics.selectors.break_even import deployment_break_even
from economics.selectors.peaks import best_hour
from fleet.models import AuditEntry, Deployment, Pod, Rollout
from fleet.services import rolling
from fleet.services.actions.tuning import peak_notes
from fleet.services.peaks import set_peak
from tests.factories import make_deployment, make_llama, make_pod

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
A100 = "NVIDIA A100 80GB PCIe"
RTX_4090 = "NVIDIA GeForce RTX 4090"


@pytest.fixture
def one(db: None) -> Deployment:
    """Llama 3.1 8B on an RTX 4090, whose peak ada measured."""
    row = make_deployment(variant=make_llama(), max_model_len=4096)
    set_peak(row, Decimal(4200), source="vllm bench serve", acting_user="ada", now=NOW)
    row.refresh_from_db()
    return row


def peak_of(row: Deployment) -> tuple[Decimal | None, str, str]:
    row.refresh_from_db()
    return row.peak_tokens_per_second, row.peak_source, row.peak_set_by


def served(pod: Pod, tokens: int) -> None:
    """One hour with so many prompt tokens."""
    UsageHour.objects.create(
        pod=pod,
        hour_start=NOW - timedelta(hours=1),
        uncached_prompt_tokens=tokens,
        cached_prompt_tokens=0,
        completion_tokens=0,
        requests=1_000,
    )


def change(row: Deployment, **changes: object) -> None:
    rolling.change(row, changes, acting_user="ada", now=NOW)


def test_another_gpu_takes_a_measured_peak_away_and_says_so(one: Deployment):
    assert peak_notes(one, {"gpu_type_id": A100}) == (
        "The peak throughput that ada set is of the old machine and goes with it; Kerne "
        "works out the new one.",
    )

    change(one, gpu_type_id=A100)

    assert peak_of(one) == (None, "", "")
    gone = AuditEntry.objects.filter(verb="set peak").latest("pk")
    assert (gone.figures["before"], gone.figures["after"]) == ("4200.00", None)


def test_another_context_leaves_it(one: Deployment):
    assert peak_notes(one, {"max_model_len": 2048}) == ()

    change(one, max_model_len=2048)

    assert peak_of(one) == (Decimal("4200.00"), "vllm bench serve", "ada")


def test_a_change_that_is_taken_back_keeps_no_peak_of_the_machine_that_failed(
    one: Deployment,
):
    make_pod(deployment=one)
    change(one, gpu_type_id=A100)
    set_peak(one, Decimal(9000), source="A100 data", acting_user="ada", now=NOW)
    rollout = Rollout.objects.get()

    one.refresh_from_db()
    rolling.abort(rollout, one, [], why="never ready", now=NOW)

    assert peak_of(one) == (None, "", "")


def test_the_best_hour_is_of_pods_on_the_machine_of_today(one: Deployment):
    for gpu, tokens in ((RTX_4090, 3_600_000), (A100, 36_000_000)):
        served(make_pod(deployment=one, gpu_type_id=gpu), tokens)

    assert best_hour(one, now=NOW).tokens_per_second == Decimal(1_000)


def test_the_share_that_is_used_is_of_hours_on_the_machine_of_today(one: Deployment):
    an_hour = {"billed_from": NOW - timedelta(hours=1), "billed_until": NOW}
    for gpu, tokens in ((RTX_4090, 3_780_000), (A100, 36_000_000)):
        served(make_pod(deployment=one, gpu_type_id=gpu, **an_hour), tokens)

    # 3.78 million tokens of the 4,200 × 3,600 that were possible
    seen = deployment_break_even(one, NOW)
    assert seen.utilization_now == Decimal("0.25")
