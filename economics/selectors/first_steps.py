"""The first steps of an operator, each read off what is really there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Q

from economics.models import GuardrailLimit, MarketListing, Statement, TokenPrice
from fleet.models import DEMO_SLUGS, AlertChannel, Deployment, GpuOffer, StoredSecret
from fleet.selectors.account import known_balance

PRICES_GROW_OLD = timedelta(hours=24)
NOBODY = ("rule:defaults", "demo")  # what they set was not set by a person


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    words  what is there, or what is missing and why it is wanted
    view   the name of the page where it is done
    """

    name: str
    is_done: bool
    words: str
    view: str


def first_steps(*, now: datetime) -> list[Step]:
    """The steps in the order that risks least. At most nine queries.

    A step that was done is open again once what it stands on is gone: a key that was
    forgotten, a channel that takes no message, a balance that is not read any more.
    """
    ordered = list(
        Deployment.objects.exclude(slug__in=DEMO_SLUGS).values_list(
            "variant__served_model", flat=True
        )
    )
    return [
        _key(),
        _balance(now),
        _offers(now),
        _limit(),
        _channel(),
        _order(len(ordered)),
        _price(set(ordered)),
        _sales(),
    ]


def _key() -> Step:
    name, view = "Connect the provider", "fleet:keys"
    if settings.KERNE_SANDBOX:
        return Step(
            name, True, "The sandbox cloud needs no key; its money is play money.", view
        )
    if settings.RUNPOD_API_KEY:
        return Step(name, True, "The key is given by RUNPOD_API_KEY.", view)
    stored = StoredSecret.objects.values_list("last_four", flat=True).first()
    if stored:
        return Step(name, True, f"The key that ends in {stored} is stored.", view)
    return Step(name, False, "No key is stored, so no pod is seen and none rented.", view)


def _balance(now: datetime) -> Step:
    balance, reason = known_balance(now=now)
    if balance is None:
        words = f"No fresh balance: {reason}. Without it no runway is known."
        return Step("Read the balance", False, words, "fleet:jobs")
    words = f"${balance.balance_usd:,.2f}, read {balance.read_at:%Y-%m-%d %H:%M} UTC."
    return Step("Read the balance", True, words, "fleet:jobs")


def _offers(now: datetime) -> Step:
    seen = GpuOffer.objects.aggregate(
        fresh=Count("pk", filter=Q(seen_at__gt=now - PRICES_GROW_OLD)),
        newest=Max("seen_at"),
    )
    name, view = "Know what GPUs cost", "fleet:offers"
    if seen["fresh"]:
        words = f"{seen['fresh']} offer{'s' * (seen['fresh'] > 1)} seen within 24 hours"
        newest = f"the newest at {seen['newest']:%Y-%m-%d %H:%M} UTC"
        return Step(name, True, f"{words}, {newest}.", view)
    return Step(name, False, "No offer was seen within 24 hours: a plan is old.", view)


def _limit() -> Step:
    own = GuardrailLimit.objects.exclude(set_by__in=NOBODY).count()
    name, view = "Set a limit of your own", "economics:guardrails"
    if own:
        return Step(name, True, f"{own} limit{'s' * (own > 1)} set by a person.", view)
    return Step(name, False, "The shipped limits hold; are they what you can lose?", view)


def _channel() -> Step:
    name, view = "Be told away from this page", "fleet:alert-channels"
    on = AlertChannel.objects.filter(enabled=True).aggregate(
        all=Count("pk"), good=Count("pk", filter=Q(tried_ok=True))
    )
    if on["good"]:
        words = f"{on['good']} of {on['all']} channels took the last message."
        return Step(name, True, words, view)
    if on["all"]:
        return Step(name, False, "No channel has taken a message yet; send a test.", view)
    return Step(name, False, "No channel is on: an incident at night is not told.", view)


def _order(own: int) -> Step:
    name, view = "Plan and order a model", "economics:plan"
    if own:
        return Step(name, True, f"{own} deployment{'s' * (own > 1)} ordered.", view)
    return Step(name, False, "Nothing is ordered yet; a plan shows its price first.", view)


def _price(models: set[int]) -> Step:
    name, view = "Set a price for its tokens", "economics:prices"
    priced = set(
        TokenPrice.objects.filter(served_model__in=models)
        .exclude(set_by__in=NOBODY)
        .values_list("served_model", flat=True)
    )
    if models and models == priced:
        return Step(name, True, "Every model that is ordered has a price of yours.", view)
    if not models:
        return Step(name, False, "A model earns nothing until it has a price.", view)
    missing = len(models - priced)
    words = f"{missing} of {len(models)} ordered models ha{'s' if missing == 1 else 've'}"
    return Step(name, False, f"{words} no price of yours; tokens earn nothing.", view)


def _sales() -> Step:
    name, view = "Say where you sell", "economics:listings"
    listed = MarketListing.objects.filter(is_offered=True).count()
    stated = Statement.objects.count()
    if listed or stated:
        words = f"{listed} listed for a marketplace, {stated} statements imported."
        return Step(name, True, words, view)
    return Step(
        name, False, "Nothing is listed, and no statement of a market is there.", view
    )
