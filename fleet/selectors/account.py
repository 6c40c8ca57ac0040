"""The account: balance, what everything costs per hour, and how long that lasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from fleet.models import BalanceReading, Pod
from fleet.selectors.burn import committed_by_provider
from fleet.selectors.providers import main_provider, provider_names
from fleet.selectors.standing import Standing, standing

STALE_BALANCE_SECONDS = 1800  # then it is no balance any more
OLD_BALANCE_SECONDS = 600  # two readings were missed: shown, and told to be old


@dataclass(frozen=True, slots=True)
class Account:
    """Our prepaid account at one provider.

    balance             None while unknown; `reason` says why
    burn_usd_per_hour   [USD/h] of all that may be billed, disks and orphans included
    unknown             strays that cost more than that, nobody knows how much
    is_stale            two readings of the balance were missed
    runway_hours        [h] None while unknown or nothing is spent; `reason` says which
    """

    provider: str
    balance: BalanceReading | None
    burn_usd_per_hour: Decimal
    runway_hours: Decimal | None
    reason: str
    read_at: datetime | None
    unknown: int = 0
    is_stale: bool = False


def account(
    *,
    now: datetime,
    provider: str = "",
    billed: Iterable[Pod] | None = None,
    beside: Standing | None = None,
) -> Account:
    """The account at `provider`, or at the main one, as of `now`. Two queries.

    billed, beside  every pod that may be billed now, and what stands; each read when not
                    given
    """
    name = provider or main_provider()
    stands = standing() if beside is None else beside
    balance, reason = fresh(stands.balances.get(name), now=now)
    pods = None if billed is None else [pod for pod in billed if pod.provider == name]
    spend = committed_by_provider([name], pods=pods, beside=stands)[name]
    burn = spend.usd_per_hour
    hours = runway_hours(balance, burn)
    if hours is None and not reason:
        reason = "nothing is being spent"
    return Account(
        provider=name,
        balance=balance,
        burn_usd_per_hour=burn,
        runway_hours=hours,
        reason=reason,
        read_at=balance.read_at if balance else None,
        unknown=spend.unknown,
        is_stale=balance is not None
        and now - balance.read_at > timedelta(seconds=OLD_BALANCE_SECONDS),
    )


def further_accounts(
    *,
    now: datetime,
    pods: Iterable[Pod],
    billed: Iterable[Pod] | None = None,
    beside: Standing | None = None,
) -> list[Account]:
    """The accounts beside the main one that pay for one of `pods`."""
    paying = {pod.provider for pod in pods}
    return [
        account(now=now, provider=name, billed=billed, beside=beside)
        for name in provider_names()[1:]
        if name in paying
    ]


def accounts(*, now: datetime) -> list[Account]:
    """Every account, the main one first. Two queries."""
    billed, beside = list(Pod.objects.maybe_billed()), standing()
    return [
        account(now=now, provider=name, billed=billed, beside=beside)
        for name in provider_names()
    ]


def runway_hours(balance: BalanceReading | None, usd_per_hour: Decimal) -> Decimal | None:
    """Hours until the balance is spent; None when unknown or when nothing is spent."""
    if balance is None or usd_per_hour <= 0:
        return None
    return max(balance.balance_usd, Decimal(0)) / usd_per_hour


def known_balance(
    *, now: datetime, provider: str = ""
) -> tuple[BalanceReading | None, str]:
    """The newest balance at `provider`, or at the main one, while it is fresh enough to
    promise on, else why not."""
    name = provider or main_provider()
    return fresh(BalanceReading.objects.filter(provider=name).first(), now=now)


def fresh(
    latest: BalanceReading | None, *, now: datetime
) -> tuple[BalanceReading | None, str]:
    """A newest balance while it is fresh enough, else None and why not."""
    if latest is None:
        return None, "the provider has not said the balance yet"
    if now - latest.read_at > timedelta(seconds=STALE_BALANCE_SECONDS):
        return None, f"the last balance is of {latest.read_at:%Y-%m-%d %H:%M} UTC"
    return latest, ""
