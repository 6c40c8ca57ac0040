"""The price that a plan begins with is the one we earn: less the discount we fund."""

from datetime import timedelta
from decimal import Decimal

import pytest

from economics.models import Funding
from economics.planner.question import PriceList
from economics.selectors.plan_facts import ModelFacts, model_facts
from economics.selectors.planned_models import planned_model
from tests.clock import NOON
from tests.factories import make_llama, make_price

pytestmark = pytest.mark.django_db
LISTED = PriceList(Decimal("0.1"), Decimal("0.05"), Decimal("0.2"))


def facts(**discount: object) -> ModelFacts:
    llama = make_llama()
    make_price(
        served_model=llama.served_model, valid_from=NOON - timedelta(days=1), **discount
    )
    model = planned_model(llama.served_model.slug)
    assert model is not None
    return model_facts(model, now=NOON)


def quarter_off(**changed: object) -> dict[str, object]:
    return {
        "discount_fraction": Decimal("0.2500"),
        "discount_from": NOON - timedelta(days=1),
        "discount_until": NOON + timedelta(hours=5),
        "discount_funding": Funding.OURS,
        **changed,
    }


def test_a_discount_that_we_fund_is_taken_off_and_named():
    known = facts(**quarter_off())

    assert known.ours == PriceList(Decimal("0.075"), Decimal("0.0375"), Decimal("0.15"))
    assert known.prices == (
        known.ours,
        "our price in force less 25 % until 2026-03-10 17:00 UTC",
    )


@pytest.mark.parametrize(
    "changed",
    [{"discount_funding": Funding.MARKET}, {"discount_from": NOON + timedelta(hours=1)}],
)
def test_one_that_is_not_ours_or_not_yet_is_not(changed):
    known = facts(**quarter_off(**changed))

    assert known.prices == (LISTED, "our price in force")
