from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from economics.selectors.plan_json import plan_json
from economics.views.plan_asked import answer_of
from fleet.models import AuditEntry, Deployment, ModelVariant, Pod, ServedModel
from tests.factories import make_offer

MISTRAL = "model=mistral-7b-v0.3"


@pytest.fixture
def rentable(planner: Client) -> Client:
    """The same, with an RTX 4090 in the provider's own catalog."""
    make_offer(provider="sandbox", seen_at=timezone.now())
    return planner


def rentable_key(client: Client, query: str) -> str:
    """The first option of the connected provider."""
    page = client.get(f"/plan/?{query}&all=1").content.decode()
    return next(
        key
        for key in re.findall(r'name="compare" value="([^"]+)"', page)
        if key.startswith("sandbox~")
    )


def test_the_order_form_is_filled_as_the_option_has_it(rentable: Client):
    key = rentable_key(rentable, MISTRAL)

    answer = rentable.post("/plan/deploy/", {"option": key, "query": MISTRAL})

    address = urlsplit(answer["Location"])
    fields = parse_qs(address.query)
    variant = ModelVariant.objects.get(pk=fields["variant_id"][0])
    assert address.path == "/fleet/order/"
    assert variant.served_model.slug == "mistral-7b-v0.3"
    assert fields["gpu_type_id"] == ["NVIDIA GeForce RTX 4090"]
    form = rentable.get(answer["Location"]).content.decode()
    assert f'<option value="{variant.pk}" selected>' in form


@pytest.mark.parametrize(
    ("kind", "rental"), [("serverless", "serverless"), ("interruptible", "spot")]
)
def test_what_is_rented_otherwise_leads_to_that_rental(
    planner: Client, answer_speeds: Callable[[], None], kind: str, rental: str
):
    make_offer(provider="sandbox", kind=kind, seen_at=timezone.now())
    address = f"/plan/?{MISTRAL}&provider=sandbox&kind={kind}"
    planner.get(address)
    answer_speeds()

    page = planner.get(address).content.decode()

    assert f"&amp;rental_kind={rental}" in page
    assert "Not sold by the connected provider" not in page
    assert "from the catalog of sandbox" in page and "runpod catalog" not in page


def test_a_file_and_the_api_name_the_same_catalog(
    planner: Client, answer_speeds: Callable[[], None]
):
    make_offer(provider="sandbox", seen_at=timezone.now())
    question = f"{MISTRAL}&provider=sandbox"
    planner.get(f"/plan/?{question}")
    answer_speeds()

    table = planner.get(f"/plan/options.csv?{question}").content.decode()
    found = answer_of(QueryDict(question), now=timezone.now()).answer
    assert found is not None
    told = str(plan_json(found, with_changes=False))

    for words in (table, told):
        assert "the catalog of sandbox" in words and "runpod catalog" not in words


def test_nothing_is_ordered_or_rented_by_it(rentable: Client):
    key = rentable_key(rentable, MISTRAL)

    rentable.post("/plan/deploy/", {"option": key, "query": MISTRAL})

    assert not Deployment.objects.exists() and not Pod.objects.exists()


def test_twice_in_a_row_makes_one_model_and_one_audit_row(rentable: Client):
    key = rentable_key(rentable, MISTRAL)

    for _ in range(2):
        rentable.post("/plan/deploy/", {"option": key, "query": MISTRAL})

    assert ServedModel.objects.filter(slug="mistral-7b-v0.3").count() == 1
    assert AuditEntry.objects.filter(verb="add weights", acting_user="ada").count() == 1


@pytest.mark.parametrize("query", ["", "model=nobody", MISTRAL + "&mix=1,1,1", "%00"])
def test_an_option_that_is_gone_is_said_and_changes_nothing(rentable: Client, query: str):
    before = ServedModel.objects.count()

    answer = rentable.post("/plan/deploy/", {"option": "gone", "query": query}, follow=True)

    assert "is not offered any more" in answer.content.decode()
    assert ServedModel.objects.count() == before


def test_a_look_makes_nothing_orderable(rentable: Client):
    before = ServedModel.objects.count()

    assert rentable.get("/plan/deploy/").status_code == 405
    rentable.get(f"/plan/?{MISTRAL}")

    assert ServedModel.objects.count() == before
