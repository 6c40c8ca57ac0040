"""Whether a model was overtaken: newer ones of its maker and family, and their tokens.

GLM-5.1 lost 81 % of its tokens within two days of GLM-5.2: who plans on a model must hear
of the next one on its first day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.models import MarketModel, MarketVolume

FAMILY = re.compile(r"[a-z]+", re.ASCII)
SIZE = re.compile(r"(?<![0-9.])([0-9]+(?:\.[0-9]+)?)b(?![a-z])", re.ASCII)
MOST_SHOWN = 3
VOLUME_DAYS = 7


@dataclass(frozen=True)
class Successor:
    """A newer model of the family.

    share  [1] of the tokens of both on `day`, the last day that both were counted
    """

    model: MarketModel
    launched_on: date
    days_after: int
    share: Decimal | Unknown
    day: date | None


def successors_of(market: MarketModel, *, now: datetime) -> list[Successor]:
    """Newer models of the same maker, family and size, newest first. Two queries."""
    if market.launched_at is None:
        return []
    maker = market.slug.partition("/")[0]
    later = MarketModel.objects.filter(
        source=market.source,
        slug__startswith=f"{maker}/",
        launched_at__gt=market.launched_at,
        launched_at__lte=now,
    ).order_by("-launched_at")
    found = [each for each in later if follows(each.slug, market.slug)][:MOST_SHOWN]
    if not found:
        return []
    tokens = _tokens([market, *found], now=now)
    return [_successor(each, market, tokens) for each in found]


def follows(newer: str, older: str) -> bool:
    """Whether a slug can be the next of another: same family, same size where both say it.

    >>> follows("z-ai/glm-5.2", "z-ai/glm-5"), follows("z-ai/glm-5v", "z-ai/glm-5:free")
    (True, False)
    >>> follows("meta-llama/llama-3.3-70b-instruct", "meta-llama/llama-3.1-8b-instruct")
    False
    """
    if ":" in newer or ":" in older or newer == older:
        return False
    first, second = newer.partition("/")[2], older.partition("/")[2]
    families = [FAMILY.match(each) for each in (first, second)]
    if not all(families) or families[0][0] != families[1][0]:  # type: ignore[index]
        return False
    return _size(first) == _size(second)


def _size(name: str) -> str:
    """Billions of parameters as the name says them; "" where it does not."""
    found = SIZE.search(name)
    return found[1] if found else ""


def _tokens(
    models: Iterable[MarketModel], *, now: datetime
) -> dict[str, dict[date, Decimal]]:
    """Tokens per day of each slug in the last days that are over."""
    listed = list(models)
    since = now.date() - timedelta(days=VOLUME_DAYS)
    rows = MarketVolume.objects.filter(
        source=listed[0].source,
        slug__in=[each.slug for each in listed],
        day__gte=since,
        day__lt=now.date(),
    )
    found: dict[str, dict[date, Decimal]] = {each.slug: {} for each in listed}
    for row in rows:
        found[row.slug][row.day] = row.tokens
    return found


def _successor(
    newer: MarketModel, older: MarketModel, tokens: dict[str, dict[date, Decimal]]
) -> Successor:
    assert newer.launched_at is not None and older.launched_at is not None
    both = set(tokens[newer.slug]) & set(tokens[older.slug])
    day = max(both, default=None)
    share: Decimal | Unknown = Unknown("no day with tokens of both models is known")
    if day is not None:
        theirs, ours = tokens[newer.slug][day], tokens[older.slug][day]
        if theirs + ours:
            share = theirs / (theirs + ours)
    after = (newer.launched_at - older.launched_at).days
    return Successor(newer, newer.launched_at.date(), after, share, day)
