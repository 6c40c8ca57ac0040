from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from economics.models import TokenPrice
from economics.services.metering import seal_hours, settle_usage
from economics.services.prices import PriceRefused, set_token_price
from economics.services.revenue import post_revenue
from fleet.models import AuditEntry
from tests import factories
from tests.economics.services.rows import MIDNIGHT, NEXT_MIDNIGHT, at, pod, price, sample


def setting(model=None, **changes):
    asked = {
        "uncached_prompt": Decimal("0.60"),
        "cached_prompt": Decimal("0.12"),
        "completion": Decimal("1.92"),
        "valid_from": at(12),
        "acting_user": "operator",
        "now": at(11, 20),
    }
    return set_token_price(model or factories.make_model(), **(asked | changes))


def refused(**changes):
    with pytest.raises(PriceRefused) as refusal:
        setting(**changes)
    assert not TokenPrice.objects.exists()
    return refusal.value.errors


def test_a_price_is_stored_per_token_and_holds_from_its_hour_on():
    row = setting()

    row.refresh_from_db()
    assert row.uncached_prompt_usd_per_token == Decimal("0.0000006")
    assert TokenPrice.objects.effective(row.served_model_id, at=at(11, 59)) is None
    assert TokenPrice.objects.effective(row.served_model_id, at=at(12)) == row


def test_setting_a_price_is_audited_with_its_figures():
    setting()

    entry = AuditEntry.objects.get()
    assert (entry.acting_user, entry.verb) == ("operator", "set price")
    assert entry.figures["usd_per_million"]["completion"] == "1.92"


@pytest.mark.parametrize(
    ("field", "price", "sentence"),
    [
        ("uncached_prompt", Decimal("-0.10"), "is -0.10; a price is 0 or more"),
        ("cached_prompt", None, "is missing"),
        ("completion", Decimal("NaN"), "write a number"),
        ("completion", Decimal("1000000"), "was a price per token or per thousand meant"),
        ("completion", Decimal("0.1234567890123456789"), "can have 18 decimals"),
    ],
)
def test_a_wrong_price_is_refused_with_a_sentence_and_nothing_is_saved(
    field, price, sentence
):
    errors = refused(**{field: price})
    assert list(errors) == [field]
    assert sentence in errors[field][0]


def test_every_wrong_field_gets_its_sentence_at_once():
    errors = refused(uncached_prompt=None, completion=Decimal(-1))
    assert set(errors) == {"uncached_prompt", "completion"}


@pytest.mark.parametrize(
    "valid_from",
    [
        at(12, 30),
        at(12, 0, 1),
        datetime(2026, 3, 4, 12),  # noqa: DTZ001 - no zone is what is refused
    ],
)
def test_a_price_starts_on_a_full_hour_only(valid_from):
    assert "full hour, UTC" in refused(valid_from=valid_from)["valid_from"][0]


def test_two_prices_of_a_model_can_not_start_in_the_same_hour():
    model = factories.make_model()
    setting(model)

    with pytest.raises(PriceRefused, match="already has a price from 2026-03-04 12:00 UTC"):
        setting(model, completion=Decimal(3))

    assert TokenPrice.objects.count() == 1


def test_a_price_of_another_model_is_no_obstacle():
    setting()
    setting()

    assert TokenPrice.objects.count() == 2


def test_hours_that_are_booked_keep_their_price():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1000, 400, 200)
    settle_usage(at(11))
    seal_hours(at(11, 15))
    post_revenue(at(11, 15))
    model = served.deployment.variant.served_model

    with pytest.raises(PriceRefused, match="booked up to 2026-03-04 11:00 UTC"):
        setting(model, valid_from=at(10))

    setting(model, valid_from=at(11))


def test_the_first_price_may_start_before_the_tokens_that_wait_for_it():
    served = pod()
    sample(served, at(10, 59), 1000, 400, 200)
    settle_usage(at(11))
    seal_hours(NEXT_MIDNIGHT)
    model = served.deployment.variant.served_model

    setting(model, valid_from=MIDNIGHT - timedelta(days=1))

    assert post_revenue(NEXT_MIDNIGHT).hours == 1
