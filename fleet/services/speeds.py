"""Speeds: a page leaves its questions as rows, a worker answers them.

An answer takes a tenth of a second, and the estimator's tables seconds to load: far too
long for a page with a hundred shapes, and wasted when it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from fleet.models import SpeedEstimate
from fleet.selectors.speeds import work_of
from fleet.services.isolation import apart
from fleet.services.jobs import JobFailed
from fleet.throughput.speed_question import SpeedEvidence, SpeedQuestion, answer_speed

MOST_WANTED = 600  # questions of one page; more would be a mistake
WORK_SECONDS = 35  # of one run: below the job's lease, and the rest is rung for again
ONE_DAY = timedelta(days=1)


def want(questions: Collection[SpeedQuestion], *, now: datetime) -> int:
    """Leave the questions that nobody has asked yet; how many are unanswered.

    Asking twice leaves one row. Raises ValueError for more than `MOST_WANTED`.
    """
    if len(questions) > MOST_WANTED:
        raise ValueError(
            f"{len(questions)} speeds are too many; ask at most {MOST_WANTED}."
        )
    by_key = {each.key: each for each in questions}
    rows = [  # in one order: two pages that insert the same rows must not block each other
        SpeedEstimate(key=key, question=by_key[key].plain(), wanted_at=now, used_at=now)
        for key in sorted(by_key)
    ]
    SpeedEstimate.objects.bulk_create(rows, ignore_conflicts=True)
    asked = SpeedEstimate.objects.filter(key__in=by_key)
    asked.filter(used_at__lte=now - ONE_DAY).update(used_at=now)
    return asked.filter(computed_at__isnull=True).count()


def answer_wanted(
    *, evidence: Callable[[], SpeedEvidence], clock: Callable[[], datetime]
) -> tuple[str, bool]:
    """Answer what waits, for at most `WORK_SECONDS`; a summary, and whether more waits.

    evidence  read only when something waits

    A row that breaks is answered as unknown and stops no other; JobFailed tells of it.
    """
    until = clock() + timedelta(seconds=WORK_SECONDS)
    waiting = list(SpeedEstimate.objects.wanted(now=clock())[:MOST_WANTED])
    if not waiting:
        return "nothing waits", False
    known, done, troubles = evidence(), 0, list[str]()
    for row in waiting:
        now = clock()
        if now >= until:
            break
        if row.claim(now=now):
            answer_row(row, known, clock=clock, troubles=troubles)
            done += 1
    left = SpeedEstimate.objects.filter(computed_at__isnull=True).count()
    summary = f"{done} speeds answered, {left} wait"
    if troubles:
        raise JobFailed(f"{summary}; broke: {', '.join(troubles)}")
    return summary, left > 0


def answer_row(
    row: SpeedEstimate,
    evidence: SpeedEvidence,
    *,
    clock: Callable[[], datetime],
    troubles: list[str],
) -> None:
    """Work out one answer and keep it; what breaks is kept as unknown."""

    def work() -> dict[str, object]:
        asked = SpeedQuestion.of(row.question)
        return answer_speed(asked, work_of(asked), evidence)

    answer = apart(str(row), work, troubles)
    broken = {"unknown": "Working it out failed; the log has the reason."}
    # A worker that slept beyond its claim comes late: another's answer stands.
    SpeedEstimate.objects.filter(pk=row.pk, computed_at__isnull=True).update(
        answer=broken if answer is None else answer, computed_at=clock()
    )
