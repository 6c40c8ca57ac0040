"""The story that these tests tell: one pod of one model, followed by hand.

The pod is billed from 10:30 at $0.74/h with a disk of 73 GB, which costs $0.01/h.
Tokens cost $1 uncached, $0.10 cached and $2 completion per million.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from economics.models import TokenPrice
from economics.services.close import close_day
from fleet.models import EngineSample, Pod
from tests import factories

DAY = date(2026, 3, 4)
MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)
NEXT_MIDNIGHT = MIDNIGHT + timedelta(days=1)
STARTED = MIDNIGHT + timedelta(hours=10, minutes=30)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of the day of the story, UTC."""
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


def pod(**columns: Any) -> Pod:
    """The pod of the story, rented at 10:30."""
    defaults: dict[str, Any] = {
        "requested_at": STARTED - timedelta(seconds=5),
        "billed_from": STARTED,
        "usd_per_pod_hour": Decimal("0.74"),
        "container_disk_gb": 73,
    }
    if "deployment" not in columns:
        columns["deployment"] = factories.make_deployment(
            peak_tokens_per_second=Decimal(1000), created_at=MIDNIGHT
        )
    return factories.make_pod(**(defaults | columns))


def price(of: Pod, *, valid_from: datetime = MIDNIGHT, **columns: Any) -> TokenPrice:
    """The prices of the story for the pod's model."""
    defaults: dict[str, Any] = {
        "served_model": of.deployment.variant.served_model,
        "uncached_prompt_usd_per_token": Decimal("0.000001"),
        "cached_prompt_usd_per_token": Decimal("0.0000001"),
        "completion_usd_per_token": Decimal("0.000002"),
        "valid_from": valid_from,
    }
    return factories.make_price(**(defaults | columns))


def closed_day() -> Pod:
    """The day with 10 M tokens of prompt, 4 M of them cached, and 1 M of completion of a
    pod that ended at 12:30, closed; the pod."""
    served = pod()
    price(served)
    sample(served, at(10, 59), 10_000_000, 4_000_000, 1_000_000)
    served.billed_until = at(12, 30)
    served.save(update_fields=["billed_until"])
    close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=20))
    return served


def sample(
    of: Pod,
    when: datetime,
    prompt: int,
    cached: int | None,
    completion: int,
    *,
    started: datetime | None = STARTED,
    requests: int = 0,
    **columns: Any,
) -> EngineSample:
    """A reading of the pod's counters; `prompt` contains `cached`."""
    return factories.make_sample(
        of,
        at=when,
        process_started_at=started,
        prompt_tokens=prompt,
        cached_prompt_tokens=cached,
        completion_tokens=completion,
        requests_finished=requests,
        **columns,
    )
