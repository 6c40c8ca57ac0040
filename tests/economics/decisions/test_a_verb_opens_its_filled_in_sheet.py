"""The address behind each verb leads to a sheet that shows the numbers of the matrix."""

import re
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from economics.calc.decide import Verb, VerbCell
from economics.calc.gates import texts_of
from economics.selectors.decisions.answer import DeploymentAdvice
from economics.selectors.policies import policies
from economics.services.policies import set_policy
from fleet.models import Deployment, OfferKind, OfferSource
from tests.economics.decisions.worlds import DAY, closed_days, decided, llama_market, offers
from tests.factories import (
    make_balance,
    make_deployment,
    make_fleet,
    make_llama,
    make_offer,
    make_pod,
    make_price,
    make_user,
)

pytestmark = pytest.mark.django_db
LLAMA = "llama-3.1-8b"
FP8 = "RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8"
RTX_4090, H100 = "NVIDIA GeForce RTX 4090", "NVIDIA H100 80GB HBM3"


def llama_on(gpu: str, **columns: Any) -> Deployment:
    """Llama 3.1 8B on one GPU at $0.10 / $0.05 / $0.20, with a pod and a peak."""
    fleet = make_fleet(simulated=settings.KERNE_SANDBOX, name="Tier 1")
    variant = make_llama()
    if "weights" in columns:
        variant.repository, variant.precision = columns.pop("weights"), "fp8"
        variant.save()
    make_price(served_model=variant.served_model)
    rent = columns.pop("rent", "0.74")
    row = make_deployment(
        fleet=fleet,
        variant=variant,
        slug="llama-a",
        gpu_type_id=gpu,
        peak_tokens_per_second=Decimal(4_000),
        **columns,
    )
    make_pod(deployment=row, usd_per_pod_hour=Decimal(rent))
    return row


def advice_of(policy: str = "") -> DeploymentAdvice:
    return decided(policy, speeds_of=LLAMA).deployments[0]


def cell(found: DeploymentAdvice, verb: Verb) -> VerbCell:
    return next(each for each in found.advice.cells if each.verb is verb)


def opened(address: str) -> str:
    """The page behind an address, as an operator sees it."""
    client = Client()
    client.force_login(make_user("ada"))
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def test_scaling_up_opens_the_sheet_of_one_replica_more():
    offers()
    closed_days(
        llama_on(RTX_4090), "5", "5", "5", newest=timezone.now() - DAY, utilization="0.95"
    )

    found = cell(advice_of(), Verb.SCALE_UP)

    assert found.is_open and found.replicas == 2
    assert asked(found.link) == {"deployment": "llama-a", "replicas": "2"}
    page = opened(found.link)
    assert 'name="replicas"' in page and 'value="2"' in page
    assert "Rent 1 more for $0.74" in page


def test_scaling_down_opens_the_sheet_of_one_replica_less():
    offers()
    row = llama_on(RTX_4090, replicas=3)
    make_pod(deployment=row)
    closed_days(row, "5", "5", "5", newest=timezone.now() - DAY, utilization="0.2")

    found = cell(advice_of(), Verb.SCALE_DOWN)

    assert found.is_open and asked(found.link)["replicas"] == "2"
    assert 'value="2"' in opened(found.link)


def test_stopping_opens_the_sheet_of_the_stop():
    offers()
    closed_days(llama_on(RTX_4090), "-5", "-4", "-6", newest=timezone.now() - DAY)

    found = cell(advice_of(), Verb.STOP)

    assert found.link == "/actions/plan/stop/?deployment=llama-a"


def test_a_move_of_as_many_replicas_opens_the_other_machine_as_settings():
    offers(rtx_4090="0.05")
    row = llama_on(H100, rent="3.99", weights=FP8, max_usd_per_gpu_hour=Decimal("4.20"))
    closed_days(row, "5", "5", "5", newest=timezone.now() - DAY)

    found = cell(advice_of(), Verb.MOVE)

    # the cheapest that carries 100 M tokens a day alone: two cards at 0.05
    assert found.is_open and found.replicas == 1 and "on 2× RTX 4090" in found.reason
    assert found.link.startswith("/actions/plan/settings/?deployment=llama-a&")
    shape = asked(found.link)
    assert shape["gpu_type_id"] == RTX_4090
    assert (shape["gpu_count"], shape["cloud"]) == ("2", "SECURE")
    page = opened(found.link)
    assert RTX_4090 in page and H100 in page and "0.051" in page
    assert "Replace 1, one by one" in page


def test_a_move_to_another_number_of_replicas_opens_a_filled_in_order():
    offers(rtx_4090="0.05")
    row = llama_on(
        H100,
        rent="3.99",
        weights=FP8,
        replicas=2,
        max_usd_per_gpu_hour=Decimal("4.20"),
    )
    closed_days(row, "5", "5", "5", newest=timezone.now() - DAY)

    found = cell(advice_of(), Verb.MOVE)

    assert found.is_open and found.reason.startswith("3× ") and found.replicas == 3
    assert found.link.startswith(f"/fleet/order/?variant_id={row.variant_id}&")
    page = opened(found.link)
    assert f'<option value="{row.variant_id}" selected>' in page
    assert f'<option value="{RTX_4090}" selected>' in page
    for name, value in (("replicas", "3"), ("max_usd_per_gpu_hour", "0.0510")):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*value="{value}"', page)


def test_a_move_to_other_weights_opens_the_plan_they_become_orderable_from():
    offers(rtx_4090="0.05")
    row = llama_on(H100, rent="3.99", max_usd_per_gpu_hour=Decimal("4.20"))
    row.variant.repository = "somebody/other-weights"
    row.variant.save()
    closed_days(row, "5", "5", "5", newest=timezone.now() - DAY)

    found = cell(advice_of(), Verb.MOVE)

    assert found.is_open and found.link.startswith(f"/plan/?model={LLAMA}&option=")


def listed(kind: OfferKind, usd: str, gpu: str = RTX_4090, **columns: Any) -> None:
    """One GPU of another kind of rent, listed by the catalog just now."""
    make_offer(
        **{
            "provider": settings.PROVIDER_NAME,
            "gpu_type_id": gpu,
            "kind": kind,
            "source": OfferSource.CATALOG,
            "usd_per_gpu_hour": Decimal(usd),
            "max_count": 1,
            "seen_at": timezone.now(),
        }
        | columns
    )


def moved(gpu: str = RTX_4090, **columns: Any) -> VerbCell:
    row = llama_on(gpu, weights=FP8, **columns)
    closed_days(row, "5", "5", "5", newest=timezone.now() - DAY)
    return cell(advice_of(), Verb.MOVE)


def test_a_move_to_spot_of_the_same_machine_opens_its_rental(settings: Any):
    settings.SPOT_PROVIDER_NAME = "spotmarket"
    offers()
    listed(OfferKind.INTERRUPTIBLE, "0.10", provider="spotmarket")
    make_balance(provider="spotmarket", balance_usd=Decimal(70), read_at=timezone.now())

    found = moved()

    assert found.is_open
    assert "(spot, 0.050 interruptions per pod-hour, assumed)" in found.reason
    assert found.link.startswith("/actions/plan/rental/?")
    assert asked(found.link) == {
        "deployment": "llama-a",
        "rental_kind": "spot",
        "replicas": str(found.replicas),
    }
    assert "on spot up to" in opened(found.link)


def test_spot_that_the_policy_does_not_allow_is_no_move(settings: Any):
    settings.SPOT_PROVIDER_NAME = "spotmarket"
    offers()
    listed(OfferKind.INTERRUPTIBLE, "0.10", provider="spotmarket")
    texts = texts_of(policies()["safer"].policy) | {"most_interruptions_per_hour": "0.05"}
    set_policy("safer", texts, note="", acting_user="ada", now=timezone.now())

    assert "(spot" not in moved().reason


def test_a_move_to_serverless_of_the_same_machine_opens_its_rental():
    offers()
    listed(OfferKind.SERVERLESS, "0.10", cloud="")

    found = moved()

    assert "(serverless, 24 starts a day)" in found.reason
    assert asked(found.link)["rental_kind"] == "serverless"
    assert asked(found.link)["workers_max"] == str(found.replicas)
    assert "serverless, 0 to" in opened(found.link)


def test_a_move_to_serverless_of_another_machine_opens_a_filled_in_order():
    offers()
    listed(OfferKind.SERVERLESS, "0.10", cloud="")

    found = moved(H100, rent="3.99", max_usd_per_gpu_hour=Decimal("4.20"))

    assert found.link.startswith("/fleet/order/?")
    fields = asked(found.link)
    assert (fields["rental_kind"], fields["gpu_type_id"]) == ("serverless", RTX_4090)
    assert (fields["cloud"], fields["max_usd_per_gpu_hour"]) == ("SECURE", "0.1020")
    opened(found.link)


def test_what_is_on_spot_moves_back_on_demand_by_its_rental(settings: Any):
    settings.SPOT_PROVIDER_NAME = "spotmarket"
    offers(rtx_4090="0.05")

    found = moved(rental_kind="spot", max_spot_usd_per_gpu_hour=Decimal(1))

    assert found.is_open and "on 1× RTX 4090" in found.reason
    assert asked(found.link)["rental_kind"] == "on_demand"


def test_a_new_price_is_filled_in_by_class():
    # ours blended by 0.26 cached and 9.9 % completion; the advice moves all by one factor
    offers()
    llama_market(*(("0.50", "0.50", "1.00"),) * 4)
    row = llama_on(RTX_4090)
    closed_days(row, "5", "5", "5", newest=timezone.now() - DAY)

    one = advice_of()
    found = cell(one, Verb.RE_PRICE)

    assert found.is_open
    typed = asked(found.link)
    assert typed["model"] == str(row.variant.served_model_id)
    ours = one.advice.facts.net_price.value
    advised = one.advice.facts.advised_price.value
    factor = advised / ours
    for name, usd in (
        ("uncached_prompt", "0.10"),
        ("cached_prompt", "0.05"),
        ("completion", "0.20"),
    ):
        assert abs(Decimal(typed[name]) - Decimal(usd) * factor) <= Decimal("0.0000005")
    page = opened(found.link)
    assert f'<option value="{typed["model"]}" selected>' in page
    for name in ("uncached_prompt", "cached_prompt", "completion"):
        assert f'value="{typed[name]}"' in page


def test_a_verb_that_is_not_open_fills_in_nothing():
    offers()
    closed_days(llama_on(RTX_4090), "5", "5", "5", newest=timezone.now() - DAY)

    found = advice_of()

    for verb in (Verb.SCALE_UP, Verb.SCALE_DOWN, Verb.RE_PRICE):
        assert not cell(found, verb).is_open and "/actions/" not in cell(found, verb).link


@pytest.mark.parametrize("price", ["x" * 10_000, "\x00", "<script>", "-1"])
def test_a_strange_price_in_an_address_is_only_shown(price: str):
    row = llama_on(RTX_4090)
    client = Client()
    client.force_login(make_user("ada"))

    address = {"model": row.variant.served_model_id, "completion": price}
    page = client.get("/prices/", address)

    assert (
        page.status_code == 200
        and "<script>"
        not in page.content.decode().split('name="completion"')[1].split(">")[0]
    )
