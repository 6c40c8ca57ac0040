"""Burst: ordered with its limits, and told on the deployment's page."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import ActionKind, Deployment, ModelVariant, ScalingDecision
from fleet.services.actions.kinds import plan_action
from fleet.services.refused import Refused
from tests.console.test_order_is_planned_then_confirmed import FORM
from tests.factories import make_deployment, make_fleet


@pytest.fixture
def fields(llama: ModelVariant, catalog: None) -> dict[str, str]:
    """A good order for 1 to 4 replicas at up to $0.763/h each, $3.00/h in all."""
    return {
        "slug": "llama-b",
        "fleet_id": str(make_fleet(simulated=True).pk),
        "variant_id": str(llama.pk),
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "cloud": "SECURE",
        "gpu_count": "1",
        "replicas": "1",
        "rental_kind": "burst",
        "max_replicas": "4",
        "budget_usd_per_hour": "3.00",
        "max_model_len": "8192",
        "gpu_memory_utilization": "0.90",
        "container_disk_gb": "60",
    }


def test_a_plan_says_what_demand_may_bring_it_to(operator: Client, fields: dict[str, str]):
    page = operator.post(FORM, fields).content.decode()

    # (0.74 x 1.02 + 60 GB x 0.10 / 730 h) x 3 = $2.289; a fourth would be $3.05
    assert "<strong>3 replicas</strong>, at most <strong>$2.29</strong>" in page
    assert "4 would cost up to 3.05 USD/h of a budget of 3.00" in page


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("max_replicas", "", "Most replicas is empty; it must be more than the baseline"),
        ("max_replicas", "1", "Most replicas is 1; it must be more than the baseline of 1"),
        ("max_replicas", "21", "Most replicas is 21; it must be more than the baseline"),
        ("budget_usd_per_hour", "", "Budget is empty; write USD per hour for all replicas"),
        ("budget_usd_per_hour", "-3", "Budget is -3 USD/h; write USD per hour for all"),
        ("budget_usd_per_hour", "1", "Budget is 1 USD/h; the baseline of 1 and one more"),
    ],
)
def test_each_wrong_limit_gets_its_sentence(
    operator: Client, fields: dict[str, str], field: str, value: str, sentence: str
):
    page = operator.post(FORM, fields | {field: value}).content.decode()

    assert sentence in page
    assert 'id="confirm"' not in page
    assert not Deployment.objects.exists()


def test_the_page_tells_the_limits_the_decisions_and_why_nothing_changes(operator: Client):
    deployment = make_deployment(
        rental_kind="burst", max_replicas=4, budget_usd_per_hour=Decimal("9")
    )
    ScalingDecision.objects.create(
        deployment=deployment,
        at=timezone.now() - timedelta(hours=1),
        from_replicas=1,
        to_replicas=2,
        reason="at least 7 requests waited for 60 s",
        numbers={"queue": 7, "kv_usage": 0.95, "aborted": None},
    )
    page = operator.get(f"/fleet/deployments/{deployment.pk}/").content.decode()

    assert "No change now: no replica serves yet: nothing is known of the demand." in page
    assert "1 → 2" in page and "at least 7 requests waited for 60 s" in page
    assert "95.0 %" in page and "not told" in page


def test_a_baseline_beyond_the_budget_is_refused(operator: Client):
    deployment = make_deployment(
        rental_kind="burst",
        max_replicas=9,
        budget_usd_per_hour=Decimal("3.10"),
        max_usd_per_gpu_hour=Decimal("0.74"),
        container_disk_gb=73,
        slug="llama",
        fleet=make_fleet(simulated=True),
    )
    with pytest.raises(Refused, match="its most is 9, and 3.10 USD/h pay for 4"):
        plan_action(
            ActionKind.SCALE,
            {"deployment": deployment.slug, "replicas": "5"},
            guard=lambda request: None,
            now=timezone.now(),
        )
