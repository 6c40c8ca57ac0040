import re

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import Deployment, ModelVariant, ServedModel
from fleet.selectors.named import free_name
from tests.factories import make_offer


@pytest.fixture(autouse=True)
def offers(db: None) -> None:
    """Without an offer the page shows no form."""
    make_offer(provider="sandbox", seen_at=timezone.now())


def proposed(client: Client, address: str) -> str:
    page = client.get(f"/fleet/order/{address}").content.decode()
    found = re.search(r'name="slug" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_the_model_that_a_plan_chose_names_the_order(operator: Client, llama: ModelVariant):
    ServedModel.objects.filter(pk=llama.served_model_id).update(slug="llama-3.1-8b")

    assert proposed(operator, f"?variant_id={llama.pk}") == "llama-3-1-8b"


def test_a_name_that_the_address_gives_is_kept(operator: Client, llama: ModelVariant):
    assert proposed(operator, f"?variant_id={llama.pk}&slug=mine") == "mine"


@pytest.mark.parametrize("number", ["", "x", "-1", "999999", "9" * 30, "²", "\x00"])
def test_without_a_known_model_nothing_is_proposed(operator: Client, number: str):
    assert proposed(operator, f"?variant_id={number}") == ""


def test_a_taken_name_gets_the_next_letter(deployment: Deployment):
    Deployment.objects.update(slug="llama-3-1-8b")

    assert free_name("llama-3.1-8b") == "llama-3-1-8b-b"


def test_a_long_or_strange_name_of_a_model_still_gives_one_that_will_do(db: None):
    assert free_name("Ünsinn/" + "x" * 80) == "nsinn-" + "x" * 32
    assert free_name("///") == ""
