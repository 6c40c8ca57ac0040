"""The peak throughput of a deployment's replica: kept by the console, or set by hand.

Utilization and break-even utilization are shares of it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from fleet.models import Deployment
from fleet.services import audit
from fleet.services.refused import Refused

MOST = Decimal(10_000_000)  # [tokens / s] of one replica; more is a slip of the units
LONGEST_SOURCE = 200
CENT = Decimal("0.01")
MOVED = Decimal("0.01")  # [1] less is the same peak: its estimate wavers with the traffic
BY_JOB = "rule:keep_peaks"


def set_peak(
    deployment: Deployment,
    tokens_per_second: Decimal,
    *,
    source: str,
    acting_user: str,
    now: datetime,
) -> None:
    """Set the peak [tokens / s] of one replica by hand; the console keeps it no more.

    Raises Refused, with a sentence for each wrong field.
    """
    said = " ".join(source.split())
    errors: dict[str, list[str]] = {}
    if not tokens_per_second.is_finite() or not CENT <= tokens_per_second <= MOST:
        errors["peak"] = [
            f"Peak throughput is {tokens_per_second}; write tokens per second of one "
            f"replica, 0.01 to {MOST:,}, such as 4200."
        ]
    if not said or len(said) > LONGEST_SOURCE or not said.isprintable():
        errors["source"] = [
            f"Source has {len(said)} characters; say in 1 to {LONGEST_SOURCE} how it is "
            "known, such as: vllm bench serve, 64 at once."
        ]
    if errors:
        raise Refused(errors)
    _write(
        deployment,
        tokens_per_second.quantize(CENT),
        source=said,
        set_by=acting_user,
        acting_user=acting_user,
        now=now,
    )


def leave_peak(deployment: Deployment, *, acting_user: str, now: datetime) -> bool:
    """Let the console keep the peak again; False where it does already.

    What was set by hand goes at once: it would stand there as the console's own.
    """
    if not deployment.peak_set_by:
        return False
    _write(deployment, None, source="", set_by="", acting_user=acting_user, now=now)
    return True


def forget_peak(deployment: Deployment, *, acting_user: str, now: datetime) -> None:
    """Drop a peak of a machine that the deployment no longer wants.

    The console works out the new one. Kept, the share that is used would be one of what
    another GPU can do, also where somebody had measured that.
    """
    if deployment.peak_tokens_per_second is None:
        return
    _write(deployment, None, source="", set_by="", acting_user=acting_user, now=now)


def keep_peak(
    deployment: Deployment, found: Decimal | None, *, source: str, now: datetime
) -> bool:
    """Keep what the console knows of the peak; True where that moved it.

    found   [tokens / s]; None: it is not known, and `source` says why
    """
    peak = None if found is None else min(found, MOST).quantize(CENT)
    said = source[:LONGEST_SOURCE]
    with transaction.atomic():
        row = Deployment.objects.select_for_update().get(pk=deployment.pk)
        if row.peak_set_by:
            return False  # somebody set it while this was worked out
        moved = _moves(row.peak_tokens_per_second, peak)
        if moved:
            _write(row, peak, source=said, set_by="", acting_user=BY_JOB, now=now)
        else:
            Deployment.objects.filter(pk=row.pk).update(peak_source=said, peak_at=now)
    return moved


def _moves(held: Decimal | None, peak: Decimal | None) -> bool:
    if peak is None or held is None:
        return peak is not held
    return abs(peak - held) > MOVED * held


def _write(
    deployment: Deployment,
    peak: Decimal | None,
    *,
    source: str,
    set_by: str,
    acting_user: str,
    now: datetime,
) -> None:
    before = deployment.peak_tokens_per_second
    with transaction.atomic():
        Deployment.objects.filter(pk=deployment.pk).update(
            peak_tokens_per_second=peak, peak_source=source, peak_set_by=set_by, peak_at=now
        )
        audit.record(
            "set peak",
            f"deployment {deployment.slug}",
            acting_user=acting_user,
            now=now,
            before=None if before is None else str(before),
            after=None if peak is None else str(peak),
            source=source,
        )
