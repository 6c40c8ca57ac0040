"""The story of a pod: transitions, health changes and audit rows, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from fleet.models import AuditEntry, Health, Pod, PodStatus
from fleet.selectors.start_up import starts_alike
from fleet.selectors.starts import (
    ENGINE,
    NAMES,
    READY,
    parts_of,
    starts_of,
    typical_seconds,
)
from fleet.templatetags.numbers import hours, money
from fleet.views.states import KIND_OF_HEALTH, KIND_OF_STATUS

SHOWN = 60
STILL_SECONDS = 300  # a step may take so long before its length is a warning


@dataclass(frozen=True)
class Event:
    """One line of the story. `kind` is a state kind, or "person" for an audit row."""

    at: datetime
    kind: str
    title: str
    detail: str = ""


def pod_events(pod: Pod) -> list[Event]:
    """At most SHOWN events, newest first. Three queries."""
    events = [
        Event(row.at, KIND_OF_STATUS[PodStatus(row.new)], row.get_new_display(), row.reason)
        for row in pod.transitions.order_by("-at", "-pk")[:SHOWN]
    ]
    events += [
        Event(
            row.at, KIND_OF_HEALTH[Health(row.health)], f"health: {row.health}", row.reason
        )
        for row in pod.health_changes.order_by("-at", "-pk")[:SHOWN]
    ]
    events += [
        Event(row.at, "person", f"{row.acting_user}: {row.verb}", figures_in_words(row))
        for row in AuditEntry.objects.filter(target=str(pod))[:SHOWN]
    ]
    events.append(Event(pod.requested_at, "starting", "requested"))
    # Stable, so that steps of the same second stay in their order.
    return sorted(events, key=lambda event: event.at, reverse=True)[:SHOWN]


def figures_in_words(entry: AuditEntry) -> str:
    """What was seen when it was done: "balance $5,000.00, per hour $0.7482, was 2"."""
    known = ((name, value) for name, value in entry.figures.items() if value is not None)
    return ", ".join(" ".join(figure_in_words(name, value)) for name, value in known)


def figure_in_words(name: str, value: object) -> tuple[str, str]:
    """A name and a value as people read them: rounded, with the unit of the name.

    >>> figure_in_words("usd_per_day", "17.95726027397260273972602740")
    ('per day', '$17.96')
    """
    words = [word for word in name.split("_") if word != "usd"]
    try:
        if "usd" in name.split("_"):
            places = 4 if words[-1] == "hour" else 2
            return " ".join(words), money(Decimal(str(value)), most=places)
        if "hours" in words:
            words.remove("hours")
            return " ".join(words), hours(Decimal(str(value)))
    except InvalidOperation:  # an old row may hold a word where a number is due
        return name, str(value)
    return " ".join(words), str(value)


@dataclass(frozen=True)
class Stage:
    """A step of renting. `state` is done, now, ahead or failed.

    seconds          so far; None where it was not reached, or nothing tells its begin
    typical_seconds  median of past starts alike; None without one
    usd              what it cost so far; None where nothing was billed in it
    unknown          why a step that is over has no figures; "" elsewhere
    """

    name: str
    state: str
    seconds: float | None
    detail: str = ""
    typical_seconds: float | None = None
    usd: Decimal | None = None
    unknown: str = ""


DETAILS = (
    "waiting to be rented",
    "the order is with the provider",
    "a machine is found and the image pulled",
    "the container runs, vLLM starts",
    "downloaded and loaded",
    "compiled, captured, the KV cache made",
    "answers requests",
)


def pod_stages(pod: Pod, *, now: datetime) -> list[Stage]:
    """The steps from the wish to READY: seconds, what is typical, and money so far.

    Five queries. The money of the steps adds up to that of the start.
    """
    past = starts_alike(pod.deployment, but=pod)
    known = starts_of([pod, *past])
    starts = known.pop(pod.pk)
    usual = typical_seconds(list(known.values()))
    reached = max(n for n, at in enumerate(starts) if at is not None)
    stages = []
    for n, part in enumerate(parts_of(pod, starts, now=now)):
        detail = DETAILS[n]
        if part.began is None:
            state = "ahead" if n > reached else "done"
        elif part.ended is not None or n == READY:
            state = "done"
        elif pod.is_ended:
            state, detail = "failed", pod.status_reason or "ended here"
        else:
            state = "now"
        if part.joined:
            detail = f"with {' and '.join(part.joined)}, which nothing tells apart"
        stages.append(
            Stage(part.name, state, part.seconds, detail, usual[n], part.usd, part.unknown)
        )
    return stages


def standstill(stages: list[Stage]) -> str:
    """A warning when the running step takes far longer than it does as a rule."""
    running = next((each for each in stages if each.state == "now"), None)
    if running is None or running.seconds is None:
        return ""
    usual, until = running.typical_seconds, ""
    if running.name in NAMES[ENGINE:READY]:
        # Only its log tells these steps apart, a minute late: judged all together.
        rest = stages[stages.index(running) :]
        seconds = [each.typical_seconds for each in rest if each.typical_seconds]
        usual, until = sum(seconds) if seconds else None, " until ready"
    limit = STILL_SECONDS if usual is None else max(2 * usual, STILL_SECONDS)
    if running.seconds < limit:
        return ""
    told = (
        "how long it usually takes is not known"
        if usual is None
        else f"usual{until} is {minutes(usual)}"
    )
    return f"No change for {minutes(running.seconds)} in “{running.name}”; {told}."


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def slowest(stages: list[Stage]) -> str:
    """A sentence on where the time went; empty with fewer than two finished steps.

    The running step counts too: a start that waits for its weights would else be
    blamed on a step of three seconds.
    """
    done = [each for each in stages if each.seconds is not None and each.state == "done"]
    if len(done) < 2:
        return ""
    timed = [each for each in stages if each.seconds is not None]
    longest = max(timed, key=lambda stage: stage.seconds or 0)
    if longest.state == "now":
        return f"Most of the start so far went into “{longest.name}”, which goes on."
    return f"Most of the start went into “{longest.name}”."
