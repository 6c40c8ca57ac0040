"""The policy of a burst deployment: up fast, down slowly, never beyond its budget.

    decide(...)   replicas wanted, and the sentence that says why with its numbers

Flapping is impossible by construction, whatever the samples say:

* a step down needs `down_seconds` of calm that began after the last change of any kind, so
  there is at most one step down in that time;
* a step up needs every wanted replica to serve and to have been watched for `up_seconds`;
* what counts as calm after a step down (`kv_low`) is far below what counts as pressure
  (`kv_high`), computed for the replicas that would be left.

Samples that are old, or a stretch that was not watched, change nothing: unknown is not
idle. vLLM answers no request with 429, it queues; so the queue and the KV cache are what
is acted on. Aborted requests are shown beside them, and not acted on: a client that goes
away does not say why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil

from fleet.scaling.load import PodLoad, Watched, watch

Numbers = dict[str, str | int | float | None]


@dataclass(frozen=True, slots=True)
class Rules:
    """up_seconds     [s] pressure must last so long
    down_seconds   [s] calm must last so long
    kv_high        [1] mean use of the KV cache above which there is pressure
    kv_low         [1] use of the replicas that would be left, up to which it is calm
    gap_seconds    [s] between two samples, above which nobody watched
    """

    up_seconds: int = 60
    down_seconds: int = 1200
    kv_high: float = 0.9
    kv_low: float = 0.5
    gap_seconds: int = 35


DEFAULT_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows.

    baseline, most         [replicas]
    budget_usd_per_hour    [USD/h] for all replicas with their disks
    usd_per_replica_hour   [USD/h] the most that one may cost, its price limit and disk
    """

    baseline: int
    most: int
    budget_usd_per_hour: Decimal
    usd_per_replica_hour: Decimal

    @property
    def cap(self) -> int:
        """The most replicas [1] that number and budget allow, never below the baseline."""
        affordable = int(self.budget_usd_per_hour // self.usd_per_replica_hour)
        return max(self.baseline, min(self.most, affordable))

    def in_words(self) -> str:
        """Why there can be no more: "4 is the most" or the budget with its arithmetic."""
        if self.cap >= self.most:
            return f"{self.most} is the most"
        cost = self.usd_per_replica_hour * (self.cap + 1)
        return (
            f"{self.cap + 1} would cost up to {cost:.2f} USD/h of a budget of "
            f"{self.budget_usd_per_hour:.2f}"
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the deployment stands: replicas wanted now, and the last change of that."""

    current: int
    changed_at: datetime | None

    def settled_seconds(self, now: datetime) -> float:
        """Since the last change [s]; endless without one."""
        if self.changed_at is None:
            return float("inf")
        return (now - self.changed_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Decision:
    """`wanted` replicas and why; `numbers` are those of the sentence, for the record."""

    wanted: int
    reason: str
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class _Asked:
    """The question as it was put; `numbers` collects what the answer will show."""

    pods: Sequence[PodLoad]
    standing: Standing
    limits: Limits
    now: datetime
    rules: Rules
    numbers: Numbers

    def answer(self, wanted: int, reason: str) -> Decision:
        return Decision(wanted, reason, self.numbers)

    def stay(self, reason: str) -> Decision:
        return self.answer(self.standing.current, reason)

    def watched(self, seconds: int) -> Watched | None:
        return watch(
            self.pods, self.now, seconds=seconds, gap_seconds=self.rules.gap_seconds
        )


def decide(
    pods: Sequence[PodLoad],
    *,
    standing: Standing,
    limits: Limits,
    now: datetime,
    rules: Rules = DEFAULT_RULES,
) -> Decision:
    """How many replicas are wanted from `now` on. `pods` are those that serve."""
    ask = _Asked(pods, standing, limits, now, rules, _numbers(pods, limits))
    if standing.current < limits.baseline:
        return ask.answer(limits.baseline, f"the baseline is {limits.baseline}")
    if standing.current > limits.cap:
        return ask.answer(limits.cap, f"too many: {limits.in_words()}")
    if unknown := _unknown(ask):
        return ask.stay(unknown)
    lately = ask.watched(rules.up_seconds)
    if lately is not None:
        ask.numbers.update(_seen(lately))
        if pressure := _pressure(lately, rules):
            return _up(ask, lately, pressure)
    if standing.current == limits.baseline:
        words = "no pressure" if lately else "not watched for long enough yet"
        return ask.stay(f"{words}; the baseline is kept")
    return _down(ask)


def _numbers(pods: Sequence[PodLoad], limits: Limits) -> Numbers:
    return {
        "serving": len(pods),
        "baseline": limits.baseline,
        "cap": limits.cap,
        "usd_per_replica_hour": f"{limits.usd_per_replica_hour:.4f}",
        "budget_usd_per_hour": f"{limits.budget_usd_per_hour:.4f}",
    }


def _seen(lately: Watched) -> Numbers:
    kv = lately.least_kv
    return {
        "queue": lately.queue,
        "running": lately.running,
        "kv_usage": None if kv is None else round(kv, 3),
        "finished": lately.finished,
        "aborted": lately.aborted,
    }


def _unknown(ask: _Asked) -> str:
    """Why nothing can be concluded, or ""."""
    if not ask.pods:
        return "no replica serves yet: nothing is known of the demand"
    for pod in ask.pods:
        age = pod.age_seconds(ask.now)
        if age is None:
            return f"{pod.name} has no sample: unknown is not idle"
        if age > ask.rules.gap_seconds:
            return (
                f"the newest sample of {pod.name} is {age:.0f} s old: unknown is not idle"
            )
    return ""


def _pressure(lately: Watched, rules: Rules) -> str:
    """What has been too much all through `up_seconds`, in words; "" if nothing."""
    if lately.queue > 0:
        return f"at least {lately.queue} requests waited for {rules.up_seconds} s"
    if lately.least_kv is not None and lately.least_kv > rules.kv_high:
        return (
            f"the KV cache was {lately.least_kv:.0%} full for {rules.up_seconds} s, "
            f"more than {rules.kv_high:.0%}"
        )
    return ""


def _up(ask: _Asked, lately: Watched, pressure: str) -> Decision:
    current, serving, seconds = ask.standing.current, len(ask.pods), ask.rules.up_seconds
    if serving < current:
        missing = current - serving
        return ask.stay(f"{pressure}; {missing} of {current} replicas do not serve yet")
    if ask.standing.settled_seconds(ask.now) < seconds:
        return ask.stay(f"{pressure}; the last change is less than {seconds} s old")
    if current >= ask.limits.cap:
        return ask.stay(f"{pressure}; {ask.limits.in_words()}")
    # As many more as the waiting are of the running, at most twice as many at once.
    more = ceil(current * lately.queue / max(lately.running, 1))
    step = min(max(more, 1), current)
    return ask.answer(min(current + step, ask.limits.cap), pressure)


def _down(ask: _Asked) -> Decision:
    rest, seconds = ask.standing.current - 1, ask.rules.down_seconds
    minutes = f"{seconds / 60:g} min"
    if ask.standing.settled_seconds(ask.now) < seconds:
        return ask.stay(f"the last change is less than {minutes} old")
    calm = ask.watched(seconds)
    if calm is None:
        return ask.stay(f"not watched for {minutes} without a gap")
    if calm.peak_queue:
        return ask.stay(f"up to {calm.peak_queue} requests waited within {minutes}")
    if calm.peak_running == 0:
        return ask.answer(rest, f"no request for {minutes}")
    if calm.peak_kv is None:
        return ask.stay("vLLM does not tell the use of its KV cache")
    left = calm.peak_kv / rest
    ask.numbers["kv_usage_of_the_rest"] = round(left, 3)
    if left > ask.rules.kv_low:
        return ask.stay(f"{rest} would fill {left:.0%}, more than {ask.rules.kv_low:.0%}")
    return ask.answer(
        rest,
        f"nobody waited for {minutes}, and {rest} would fill at most {left:.0%} of their "
        "KV cache",
    )
