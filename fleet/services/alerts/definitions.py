"""What can be watched: each rule with its check and its shipped values.

A check looks at rows as of `now` and says what it found; it changes nothing and tells
nobody. The economics register rules of their own by the dotted paths in
`settings.ALERT_RULES`, so that the fleet need not know them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fleet.models import Deployment, Pod, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One trouble that is there now.

    subject  what it is about, stable from tick to tick; with the rule the incident's key
    detail   the numbers that were seen
    since    when it began, where a row says so
    """

    subject: str
    title: str
    detail: str
    since: datetime | None = None
    pod: Pod | None = None
    deployment: Deployment | None = None


Check = Callable[[datetime, Decimal], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class RuleDefinition:
    """A rule as it is shipped.

    slug     the first part of its incidents' keys
    watches  what it looks at, a sentence
    check    None for a rule whose incidents are opened elsewhere, by its slug
    minutes  how long a trouble lasts before it counts
    limit    the number it compares with, in `unit`; None where it has none
    """

    slug: str
    title: str
    watches: str
    severity: Severity
    check: Check | None
    minutes: int = 0
    calm_minutes: int = 5
    limit: Decimal | None = None
    unit: str = ""
