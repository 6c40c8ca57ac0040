"""The jobs page: what the schedule promised, what ran, and a button to run one now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import current_app
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from kombu.exceptions import OperationalError

from fleet.access import operator_required, viewer_required
from fleet.models import JobResult, JobRun
from fleet.selectors import JobOverview, jobs_overview
from fleet.selectors.jobs import last_name
from fleet.services.job_pauses import paused_until, why_never
from fleet.services.jobs import BY_HAND
from fleet.shown_zone import shown_time
from fleet.views.job_pauses import LENGTHS

STATE_OF_RESULT = {
    JobResult.OK: "healthy",
    JobResult.RUNNING: "starting",
    JobResult.FAILED: "degraded",
    JobResult.ERRORED: "down",
    JobResult.SKIPPED: "stopped",
}
BAR_WIDTH, BAR_GAP, BAR_HEIGHT = 4, 2, 22


@dataclass(frozen=True)
class RunBar:
    """One run as a bar: its height is its duration against the longest shown."""

    run: JobRun
    kind: str
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class JobRow:
    job: JobOverview
    short_name: str
    kind: str
    bars: list[RunBar]

    @property
    def why_never(self) -> str:
        """Why it can not be paused; "" for one that can."""
        return why_never(self.short_name)

    @property
    def well(self) -> str:
        """The bars of the runs that were well, as one path: 35 jobs have 700 of them."""
        return "".join(
            f"M{bar.x} {bar.y:.1f}h{BAR_WIDTH}v{bar.height:.1f}h-{BAR_WIDTH}z"
            for bar in self.bars
            if bar.kind == STATE_OF_RESULT[JobResult.OK]
        )

    @property
    def words(self) -> str:
        """The bars in words: "20 runs: 19 ok, 1 failed"."""
        counts = Counter(bar.run.get_result_display() for bar in self.bars)
        runs = "1 run" if len(self.bars) == 1 else f"{len(self.bars)} runs"
        return f"{runs}: " + ", ".join(f"{n} {word}" for word, n in counts.most_common())


def job_rows(*, now: datetime) -> list[JobRow]:
    """The schedule's jobs as rows."""
    return [
        JobRow(
            job,
            job.task.rpartition(".")[2],
            STATE_OF_RESULT[JobResult(job.last.result)] if job.last else "unknown",
            run_bars(job.runs),
        )
        for job in jobs_overview(now=now)
    ]


def run_bars(runs: tuple[JobRun, ...]) -> list[RunBar]:
    """Bars of the runs, oldest first. A run that has no end yet is drawn full."""
    longest = max((run.seconds or 0 for run in runs), default=0) or 1
    bars = []
    for n, run in enumerate(reversed(runs)):
        share = 1.0 if run.seconds is None else run.seconds / longest
        height = max(3.0, share * BAR_HEIGHT)
        kind = STATE_OF_RESULT[JobResult(run.result)]
        bars.append(
            RunBar(run, kind, n * (BAR_WIDTH + BAR_GAP), BAR_HEIGHT - height, height)
        )
    return bars


def _context() -> dict[str, Any]:
    now = timezone.now()
    return {"now": now, "rows": job_rows(now=now), "lengths": LENGTHS}


@require_GET
@viewer_required
def jobs(request: HttpRequest) -> HttpResponse:
    """Every scheduled job."""
    return render(request, "fleet/jobs.html", _context())


@require_GET
@viewer_required
def jobs_live(request: HttpRequest) -> HttpResponse:
    """The rows as a fragment that reads itself again."""
    return render(request, "fleet/_jobs.html", _context())


@require_POST
@operator_required
def job_run(request: HttpRequest, name: str) -> HttpResponse:
    """Ring for a job of the schedule now, paused or not; any other name is not found."""
    entry = current_app.conf.beat_schedule.get(name)
    if entry is None:
        raise Http404(f"No job is called {name!r}.")
    try:
        current_app.send_task(
            entry["task"], headers={BY_HAND: True}, **entry.get("options", {})
        )
    except OperationalError:
        messages.error(
            request, f"{name} was not started: the message broker does not answer."
        )
    else:
        sentence = f"{name} was asked to run; its row appears when it starts."
        until = paused_until(last_name(entry["task"]), now=timezone.now())
        if until is not None:
            sentence += f" By itself it stays paused until {shown_time(until)}."
        messages.success(request, sentence)
    return redirect("fleet:jobs")
