from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from economics.models import TokenPrice
from economics.services.price_rules import NewDiscount, NewRule
from economics.services.prices import PriceRefused, set_token_price
from fleet.models import AuditEntry
from tests import factories
from tests.economics.services.rows import at

ONE, TWO, THREE = Decimal(1), Decimal(2), Decimal(3)


def setting(**changes):
    asked = {
        "uncached_prompt": ONE,
        "cached_prompt": ONE,
        "completion": ONE,
        "valid_from": at(12),
        "acting_user": "ada",
        "now": at(11, 20),
    }
    return set_token_price(factories.make_model(), **(asked | changes))


def rule(when, *prices):
    return NewRule(when, *(prices or (TWO, TWO, TWO)))


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ([rule("sometimes")], '"sometimes" is no condition; write "over 200000"'),
        ([rule("13:30-21:00")], "usage is counted by the hour"),
        ([rule("over 9", TWO, TWO, Decimal(-1))], '"over 9": The completion price is -1'),
        ([rule("over 9", Decimal("0.5"), TWO, TWO)], "is below the base price; a longer"),
        (
            [rule("over 9", THREE, THREE, THREE), rule("over 99")],
            "is below that of prompts over 9 tokens",
        ),
        ([rule("over 9"), rule("over 9")], "Two rules are for prompts over 9 tokens"),
        ([rule("over 9"), rule("13-21")], "a marketplace takes one kind of the two"),
        ([rule("13-21"), rule("20-22")], "both hold 20:00 UTC"),
        ([rule("22-06"), rule("05-07")], "both hold 05:00 UTC"),
        ([rule("01-02"), rule("03-04"), rule("05-06")], "a marketplace takes 2, so leave"),
    ],
)
def test_a_wrong_rule_gets_a_sentence_and_nothing_is_saved(rules, sentence):
    with pytest.raises(PriceRefused) as refusal:
        setting(rules=rules)

    assert sentence in " ".join(refusal.value.errors["rules"])
    assert not TokenPrice.objects.exists() and not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("discount", "sentence"),
    [
        (NewDiscount(Decimal(25)), "The discount is 25; write a fraction of the list"),
        (NewDiscount(Decimal("-0.1")), "between 0 and 1, such as 0.25"),
        (NewDiscount(Decimal("NaN")), "between 0 and 1, such as 0.25"),
        (NewDiscount(Decimal("0.12345")), "it can have 4 decimals"),
        (NewDiscount(Decimal("0.1"), "them"), '"them" does not say who funds the discount'),
        (NewDiscount(Decimal("0.1"), from_at=at(12, 30)), "begins at 2026-03-04 12:30:00"),
        (
            NewDiscount(Decimal("0.1"), until_at=at(12, 30)),
            "it can only do so on a full hour",
        ),
        (
            NewDiscount(Decimal("0.1"), from_at=at(11)),
            "before the price at 2026-03-04 12:00",
        ),
        (NewDiscount(Decimal("0.1"), until_at=at(12)), "let it end later"),
    ],
)
def test_a_wrong_discount_gets_a_sentence_and_nothing_is_saved(discount, sentence):
    with pytest.raises(PriceRefused) as refusal:
        setting(discount=discount)

    assert sentence in " ".join(refusal.value.errors["discount"])
    assert not TokenPrice.objects.exists()


def test_a_discounted_price_that_the_books_can_not_keep_is_refused():
    fine = Decimal("0.000000000000000001")  # 24 decimals per token

    with pytest.raises(
        PriceRefused, match="has 25 decimals per token, and the books keep 24"
    ):
        setting(completion=fine, discount=NewDiscount(Decimal("0.5")))

    setting(completion=fine, discount=NewDiscount(Decimal("0.5"), "market"))


def test_a_price_with_rules_and_a_discount_is_audited_with_them():
    setting(
        rules=[rule("over 200000")],
        discount=NewDiscount(Decimal("0.25"), until_at=at(12) + timedelta(days=7)),
    )

    figures = AuditEntry.objects.get().figures
    assert figures["rules"][0]["when"] == "over 200000"
    assert figures["discount"]["until"] == "2026-03-11T12:00:00+00:00"


def test_a_price_that_was_set_is_never_changed():
    row = setting()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        TokenPrice.objects.filter(pk=row.pk).update(rules=[])
