"""A wrong order gets its sentence, and no row is written."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.conf import settings

from fleet.models import AuditEntry, Deployment, ModelVariant, Pod
from fleet.services.ordering import OrderRefused, OrderSpec, plan_order
from tests.clock import NOON
from tests.factories import make_deployment, make_fleet, make_offer

HOURS = {
    "rental_kind": "scheduled",
    **{"days": "weekdays", "from_time": "09:00", "to_time": "17:00", "zone": "UTC"},
}
pytestmark = pytest.mark.django_db


@pytest.fixture
def llama_70b() -> OrderSpec:
    """Llama 3.3 70B on two H200: a good order, to be spoiled by each test."""
    make_offer(
        provider=settings.PROVIDER_NAME,
        gpu_type_id="NVIDIA H200",
        display_name="H200",
        usd_per_gpu_hour=Decimal("4.59"),
        seen_at=NOON,
    )
    return OrderSpec(
        slug="llama-70b-a",
        fleet_id=make_fleet(simulated=True).pk,
        variant_id=ModelVariant.objects.get(
            repository="meta-llama/Llama-3.3-70B-Instruct"
        ).pk,
        gpu_type_id="NVIDIA H200",
        gpu_count=2,
        cloud="SECURE",
        rental_kind="on_demand",
        replicas=1,
        max_model_len=32768,
        gpu_memory_utilization=Decimal("0.90"),
        container_disk_gb=200,
    )


def faults(spec: OrderSpec) -> dict[str, list[str]]:
    with pytest.raises(OrderRefused) as refused:
        plan_order(spec, now=NOON)
    assert Deployment.objects.filter(order_key__isnull=False).count() == 0
    assert (Pod.objects.count(), AuditEntry.objects.count()) == (0, 0)
    return refused.value.errors


def test_a_good_order_is_planned(llama_70b):
    assert plan_order(llama_70b, now=NOON).fit.ok


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        (
            {"variant_id": 987654},
            "variant_id",
            "Model 987654 is unknown; choose a listed one.",
        ),
        (
            {"fleet_id": 987654},
            "fleet_id",
            "Fleet 987654 does not exist; choose a listed one.",
        ),
        (
            {"gpu_count": 3},
            "gpu_count",
            "GPU count 3 cannot serve Llama 3.3 70B Instruct: its 64 attention heads are "
            "not divisible by 3; use 1, 2, 4 or 8.",
        ),
        ({"gpu_count": 0}, "gpu_count", "GPU count is 0; at least 1 is needed."),
        (
            {"gpu_count": 16},
            "gpu_count",
            "GPU count is 16; one pod takes at most 8 of H200.",
        ),
        (
            {"gpu_type_id": "NVIDIA H900"},
            "gpu_type_id",
            "'NVIDIA H900' is not in the secure cloud's catalog; choose a listed GPU type.",
        ),
        (
            {"max_usd_per_gpu_hour": Decimal("-1")},
            "max_usd_per_gpu_hour",
            "Price limit is -1 USD per GPU-hour; it must be above 0, or empty for today's "
            "price plus 2 %.",
        ),
        (
            HOURS | {"from_time": "half past nine"},
            "from_time",
            "From is 'half past nine'; write a time such as 09:00.",
        ),
        (
            HOURS | {"from_time": "05:00", "to_time": "05:00"},
            "to_time",
            "To is 05:00, as From is; for whole days choose on-demand, or write another "
            "time.",
        ),
        (
            HOURS | {"baseline_replicas": 2},
            "baseline_replicas",
            "Replicas outside the hours is 2; use 0 to 1, the number inside.",
        ),
        (
            {"rental_kind": "hourly"},
            "rental_kind",
            "Rental is 'hourly'; use one of on_demand, scheduled, burst, serverless, spot.",
        ),
        (
            {"slug": "Llama 70B!"},
            "slug",
            "Name is 'Llama 70B!'; use 1 to 40 small letters, digits and dashes, such as "
            "llama-8b-a.",
        ),
        ({"replicas": 0}, "replicas", "Replicas is 0; it must be 1 to 20."),
        (
            {"max_usd_per_gpu_hour": Decimal("1000.01")},
            "max_usd_per_gpu_hour",
            "Price limit is 1000.01 USD per GPU-hour; no GPU costs more than 1000.",
        ),
        (
            {"gpu_memory_utilization": Decimal("0.905")},
            "gpu_memory_utilization",
            "GPU memory share is 0.905; give at most two decimals, such as 0.90.",
        ),
        (
            {"extra_args": "--port 9"},
            "extra_args",
            "Extra arguments have --port, which Kerne sets itself: the pod's port is "
            "fixed.",
        ),
        (
            {"container_disk_gb": 0},
            "container_disk_gb",
            "Container disk is 0 GB; at least 1 GB is needed.",
        ),
        (
            {"container_disk_gb": 20},
            "container_disk_gb",
            "Container disk is 20 GB; the weights of Llama 3.3 70B Instruct BF16 need at "
            "least 176 GB.",
        ),
    ],
)
def test_each_wrong_field_gets_its_sentence(llama_70b, changes, field, sentence):
    assert sentence in faults(replace(llama_70b, **changes))[field]


def test_a_model_that_does_not_fit_is_refused_with_the_memory_it_needs(llama_70b):
    sentences = faults(replace(llama_70b, gpu_count=1))["gpu_type_id"]

    assert sentences[0].startswith("Llama 3.3 70B Instruct needs 131.4 GiB of weights")


def test_a_name_that_is_taken_is_refused(llama_70b):
    make_deployment(slug="llama-70b-a")

    assert faults(llama_70b)["slug"] == [
        "A deployment called 'llama-70b-a' exists already; choose another name."
    ]


def test_every_fault_is_told_at_once(llama_70b):
    found = faults(replace(llama_70b, slug="!", replicas=0, gpu_count=3))

    assert set(found) == {"slug", "replicas", "gpu_count"}
