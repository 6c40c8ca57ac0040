"""The tasks of the books: a clock, one service call, one job row."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from economics.openrouter.client import OpenRouterClient
from economics.openrouter.errors import MarketError
from economics.selectors.decisions.answer import decide
from economics.services import demo
from economics.services import start_over as emptying
from economics.services.accrual import accrue
from economics.services.billing import read_billing as read_bill
from economics.services.close import close_day, due_days
from economics.services.counting import count_usage
from economics.services.gates import BY_SCHEDULE, is_judged_today, keep_gates
from economics.services.guardrails.check import check as check_limits
from economics.services.guardrails.limits import ensure_limits
from economics.services.market_watch import read_market
from economics.services.metering import seal_hours
from economics.services.peaks import KeptPeaks
from economics.services.peaks import keep_peaks as keep_every_peak
from economics.services.pod_use import book_pod_use
from economics.services.request_logs import forget_requests
from economics.services.revenue import post_revenue
from economics.services.schedules import Worked, work_out_due
from fleet.services.jobs import JobFailed
from fleet.services.refused import Refused
from fleet.services.speeds import MOST_WANTED, want
from fleet.tasks import estimate_speeds, of_each_provider, recorded

LOOK_AGAIN_SECONDS = 10
MOST_LOOKS = 60  # ten minutes: longer no sandbox takes to end a pod


def settle_and_book(now: datetime) -> str:
    """Samples to usage hours, sealed hours to revenue; a summary."""
    counted = count_usage(now)
    sealed = seal_hours(now)
    posted = post_revenue(now)
    words = (
        f"{counted.samples} samples counted, {sealed} hours sealed, "
        f"{posted.hours} hours booked"
    )
    if counted.late_servers:
        words += f", {counted.late_servers} servers that are gone had served more"
    if posted.unpriced_hours:
        words += f", {posted.unpriced_hours} hours have no token price"
    return words


def accrue_and_judge(now: datetime) -> str:
    """Seconds to cost lines, and sealed hours by what they were used for; a summary."""
    return f"{accrue(now)} cost lines, {book_pod_use(now)} hours judged by use"


def close_due_days(now: datetime) -> str:
    """Close every day that is due; a summary."""
    closed = [f"{day:%Y-%m-%d}" for day in due_days(now) if close_day(day, now)]
    return f"closed {', '.join(closed)}" if closed else "no day was due"


@shared_task
def settle_usage() -> None:
    """Beat: count tokens, seal hours, book their revenue."""
    recorded("settle_usage", settle_and_book)


@shared_task
def accrue_costs() -> None:
    """Beat: seconds rented become cost lines."""
    recorded("accrue_costs", accrue_and_judge)


@shared_task
def read_billing() -> None:
    """Beat: what each provider says it charged."""
    of_each_provider(
        "read_billing",
        lambda provider, now: read_bill(provider=provider, now=now).sentence(),
    )


@shared_task
def check_guardrails() -> None:
    """Beat: every limit against what is seen now, and what follows from it."""
    recorded("check_guardrails", checked_guardrails)


def checked_guardrails(now: datetime) -> str:
    """What a check found and did. Raises JobFailed when a deed broke; the rest is done."""
    ensure_limits(now=now)
    done = check_limits(now=now)
    if done.troubles:
        raise JobFailed(f"broke: {', '.join(done.troubles)}; {done.sentence()}")
    return done.sentence()


@shared_task
def judge_gates() -> None:
    """Beat: every gate once a day, kept, so that a change of an answer is noticed."""
    recorded("judge_gates", judged_gates)


def judged_gates(now: datetime) -> str:
    """A summary. Speeds that nobody knows yet are asked for; a second run of a day keeps
    nothing."""
    if is_judged_today(now=now):
        return "judged today already"
    found = decide(now=now, gates_only=True)
    want(list(found.missing)[:MOST_WANTED], now=now)
    rows = keep_gates(found, acting_user=BY_SCHEDULE, now=now)
    return f"the gates of {len(rows)} fleets were judged"


@shared_task(soft_time_limit=140, time_limit=150)
def work_out_schedules() -> None:
    """Beat, and the doorbell of the schedule page: answer the schedules that wait."""
    found: list[Worked] = []

    def work(now: datetime) -> str:
        found.append(work_out_due(clock=timezone.now))
        return found[0].sentence()

    recorded("work_out_schedules", work)
    if any(one.wants_speeds for one in found):
        estimate_speeds.delay()


@shared_task
def keep_peaks() -> None:
    """Beat: what each replica can serve, which utilization is a share of."""
    found: list[KeptPeaks] = []

    def work(now: datetime) -> str:
        found.append(keep_every_peak(now))
        want(found[0].missing[:MOST_WANTED], now=now)
        return found[0].sentence()

    recorded("keep_peaks", work)
    if any(one.missing for one in found):
        estimate_speeds.delay()


@shared_task
def close_days() -> None:
    """Beat: yesterday, and days that were missed while nothing ran."""
    recorded("close_days", close_due_days)


@shared_task(soft_time_limit=150, time_limit=160)
def watch_market() -> None:
    """Beat: what rivals charge for our models, where that is not switched off."""
    if settings.MARKET_WATCH:
        recorded("watch_market", market_read)


def market_read(now: datetime, *, client: OpenRouterClient | None = None) -> str:
    """A summary. Raises JobFailed when the market does not answer; nothing is changed."""
    asked = client or OpenRouterClient(
        base_url=settings.OPENROUTER_URL, api_key=settings.OPENROUTER_API_KEY
    )
    try:
        return read_market(asked, source=settings.MARKET_SOURCE, now=now).sentence()
    except MarketError as error:
        raise JobFailed(f"{error}; what is known of the market stays") from error


@shared_task
def tidy_requests() -> None:
    """Beat: logged requests past their time go, their hour sums stay."""
    recorded("tidy_requests", lambda now: f"{forget_requests(now)} requests")


@shared_task(soft_time_limit=280, time_limit=300)
def make_demo() -> None:
    """The doorbell of "Look around with demo data": fleets with a simulated past."""

    def make(now: datetime) -> str:
        try:
            return demo.make_demo(now=now)
        except demo.DemoRefused as refusal:
            raise JobFailed(str(refusal)) from refusal

    recorded("make_demo", make)


@shared_task(soft_time_limit=110, time_limit=120)
def start_over(acting_user: str, tries: int = 1) -> None:
    """Empty a console of play money once its pods have ended; looked at again until then.

    Dies it in the middle, nothing is removed: the next click begins with pods that ended.
    """

    def empty(now: datetime) -> str:
        try:
            if billed := emptying.stop_everything(acting_user=acting_user, now=now):
                if tries >= MOST_LOOKS:
                    raise JobFailed(
                        f"{billed} pods may still be billed; nothing was removed"
                    )
                again = {"acting_user": acting_user, "tries": tries + 1}
                start_over.apply_async(kwargs=again, countdown=LOOK_AGAIN_SECONDS)
                return f"{billed} pods are being ended; looked at again in 10 s"
            gone = emptying.start_over(acting_user=acting_user, now=now)
        except Refused as refusal:
            raise JobFailed(str(refusal)) from refusal
        return f"{gone.deployments} deployments, {gone.pods} pods, {gone.days} days removed"

    recorded("start_over", empty)
