"""A console with two machines on offer, a filled account, and no market but the files
that ship: prices and tokens of 2026-08-08."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from economics.models import DailyProfit, DayClose, MarketModel, MarketVolume, Scope
from economics.openrouter.parse import endpoint_readings
from economics.selectors.decisions.answer import Decision, decide
from economics.services.market_watch import take_endpoints
from fleet.models import Deployment
from fleet.services.speeds import answer_wanted, want
from tests.economics.plan.offers import roofline
from tests.factories import LLAMA as LLAMA_REPOSITORY
from tests.factories import make_balance, make_llama, make_offer
from tests.market.boards import told

DAY = timedelta(days=1)


def offers(*, rtx_4090: str = "0.74", h100: str = "3.99", balance: str = "100000") -> None:
    """An RTX 4090 and up to eight H100 at our provider, and what the account holds."""
    now = timezone.now()
    provider = settings.PROVIDER_NAME
    make_offer(
        provider=provider, max_count=2, seen_at=now, usd_per_gpu_hour=Decimal(rtx_4090)
    )
    make_offer(
        provider=provider,
        gpu_type_id="NVIDIA H100 80GB HBM3",
        display_name="H100 SXM",
        memory_gb=80,
        usd_per_gpu_hour=Decimal(h100),
        max_count=8,
        seen_at=now,
    )
    make_balance(provider=provider, balance_usd=Decimal(balance), read_at=now)


def decided(
    policy: str = "", *, speeds_of: str = "", now: datetime | None = None
) -> Decision:
    """The decision with the speeds of one model worked out, as a worker would."""
    at = now or timezone.now()
    if speeds_of:
        missing = decide(now=at, policy=policy, with_flips=False).missing
        want([each for each in missing if each.model_slug == speeds_of], now=at)
        answer_wanted(evidence=roofline, clock=timezone.now)
    return decide(now=at, policy=policy)


def closed_days(
    deployment: Deployment,
    *profits: str,
    newest: datetime,
    of_fleet: bool = True,
    **columns: Any,
) -> None:
    """Closed days of a deployment and of its fleet, the last of them the newest [USD].

    of_fleet  False adds to the fleet's days that another deployment has begun
    """
    simulated = deployment.fleet.simulated
    first = newest.date() - (len(profits) - 1) * DAY
    for n, profit in enumerate(profits):
        day = first + n * DAY
        DayClose.objects.get_or_create(day=day, defaults={"closed_at": newest})
        usd = Decimal(profit)
        defaults: dict[str, Any] = {
            "day": day,
            "simulated": simulated,
            "uncached_prompt_tokens": 60_000_000,
            "cached_prompt_tokens": 30_000_000,
            "completion_tokens": 10_000_000,
            "revenue_usd": usd + Decimal("17.76"),
            "cost_usd": Decimal("17.76"),
            "profit_usd": usd,
            "take_rate": Decimal(0),
            "break_even_revenue_usd": Decimal("17.76"),
            "utilization": Decimal("0.4"),
            "provenance": "accrued",
            "closed_at": newest,
        }
        for scope, owner in (
            (Scope.DEPLOYMENT, {"deployment": deployment}),
            (Scope.FLEET, {"fleet": deployment.fleet}),
        ):
            if scope is Scope.FLEET and not of_fleet:
                known = DailyProfit.objects.filter(scope=scope, day=day, **owner)
                known.update(profit_usd=F("profit_usd") + usd)
                continue
            DailyProfit.objects.create(scope=scope, **(defaults | owner | columns))


def llama_market(*prices: tuple[str, str, str], now: datetime | None = None) -> MarketModel:
    """The market of Llama 3.1 8B: offers at (prompt, cached, completion) USD per 1M, and
    7,270 M tokens on each of the last 14 days. No successor was launched."""
    at = now or timezone.now()
    make_llama()
    row = MarketModel.objects.create(
        source=settings.MARKET_SOURCE,
        slug="meta-llama/llama-3.1-8b-instruct",
        name="Llama 3.1 8B Instruct",
        hugging_face_id=LLAMA_REPOSITORY,
        launched_at=at - 400 * DAY,
        first_seen_at=at,
        last_seen_at=at,
    )
    told_offers = [
        told(f"Rival {n}", *each)
        for n, each in enumerate(prices or (("0.02", "0.02", "0.04"),) * 4)
    ]
    take_endpoints(row, endpoint_readings(told_offers)[0], now=at)
    for n in range(1, 15):
        MarketVolume.objects.create(
            source=settings.MARKET_SOURCE,
            slug=row.slug,
            day=(at - n * DAY).date(),
            tokens=Decimal(7_270_000_000),
            as_of=at,
            read_at=at,
        )
    return row
