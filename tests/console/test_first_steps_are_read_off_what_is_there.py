from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from economics.models import GuardrailLimit, MarketListing
from economics.selectors.first_steps import Step, first_steps
from fleet.models import AlertChannel, Deployment, GpuOffer
from tests.factories import make_balance, make_offer, make_price

pytestmark = pytest.mark.django_db


def step(name: str) -> Step:
    return next(each for each in first_steps(now=timezone.now()) if each.name == name)


def test_the_page_shows_the_next_one_and_where_it_is_done(operator: Client):
    page = operator.get("/overview/steps/").content.decode()

    assert "1 of 8 done" in page and "Next: read the balance" in page
    assert 'href="/settings/keys/"' in page and 'href="/alerts/channels/"' in page


def test_both_first_pages_ask_for_them(operator: Client, deployment: Deployment):
    assert "/overview/steps/" in operator.get("/").content.decode()
    Deployment.objects.all().delete()
    assert "/overview/steps/" in operator.get("/").content.decode()


@override_settings(KERNE_SANDBOX=False, RUNPOD_API_KEY="")
def test_without_a_key_nothing_is_connected():
    assert not step("Connect the provider").is_done


def test_the_sandbox_needs_no_key_and_says_so():
    assert "play money" in step("Connect the provider").words


def test_a_balance_that_is_no_longer_read_opens_its_step_again():
    make_balance(provider="sandbox", read_at=timezone.now() - timedelta(minutes=1))
    assert step("Read the balance").is_done

    later = timezone.now() + timedelta(days=1)
    old = next(each for each in first_steps(now=later) if each.name == "Read the balance")
    assert not old.is_done and "No fresh balance" in old.words


def test_prices_of_yesterday_are_not_known_prices():
    make_offer()
    GpuOffer.objects.update(seen_at=timezone.now() - timedelta(hours=25))
    assert not step("Know what GPUs cost").is_done

    GpuOffer.objects.update(seen_at=timezone.now())
    assert "1 offer seen" in step("Know what GPUs cost").words


def test_a_shipped_limit_is_not_one_of_ones_own():
    now = timezone.now()
    shipped = {"rule": "daily_loss", "effective_from": now, "set_at": now}
    GuardrailLimit.objects.create(**shipped, version=1, set_by="rule:defaults")
    assert not step("Set a limit of your own").is_done

    GuardrailLimit.objects.create(**shipped, version=2, set_by="ada")
    assert step("Set a limit of your own").words == "1 limit set by a person."


def test_a_channel_counts_once_it_took_a_message():
    channel = AlertChannel.objects.create(
        name="mail", secret_address="x", service="Mail", created_at=timezone.now()
    )
    assert "send a test" in step("Be told away from this page").words

    channel.tried_ok = True
    channel.save()
    assert step("Be told away from this page").is_done
    AlertChannel.objects.update(enabled=False)
    assert not step("Be told away from this page").is_done


def test_the_demos_deployments_and_prices_are_not_the_operators(deployment: Deployment):
    Deployment.objects.update(slug="demo-llama-8b")
    make_price(served_model=deployment.variant.served_model)

    assert not step("Plan and order a model").is_done
    assert not step("Set a price for its tokens").is_done


def test_an_ordered_model_without_a_price_earns_nothing(deployment: Deployment):
    assert step("Plan and order a model").is_done
    assert "1 of 1 ordered models has no price" in step("Set a price for its tokens").words

    make_price(served_model=deployment.variant.served_model)
    assert step("Set a price for its tokens").is_done


def test_a_model_that_is_offered_to_a_market_is_sold(deployment: Deployment):
    listing = MarketListing.objects.create(
        served_model=deployment.variant.served_model, changed_at=timezone.now()
    )
    assert step("Say where you sell").is_done

    listing.is_offered = False
    listing.save()
    assert not step("Say where you sell").is_done
