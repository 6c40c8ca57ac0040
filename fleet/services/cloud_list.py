"""The cloud list against our rows, both ways: adopt, find orphans, close ghosts."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from fleet.models import MAYBE_BILLED, RENTED, Pod, PodStatus
from fleet.providers.base import CloudPod, GpuProvider, ProviderError
from fleet.selectors.spot import is_spot
from fleet.services import (
    audit,
    crash_loops,
    orphans,
    provisioning,
    replicas,
    spot,
    termination,
)
from fleet.services.isolation import FAULTS, apart, note_fault

log = logging.getLogger(__name__)

NEWBORN_SECONDS = 120  # a list may lag: a younger pod is never called missing
MISSES_NEEDED = 2
BROKEN = ("EXITED", "ERROR")
STOPPED = ("EXITED",)  # its GPUs are released; the volume disk goes on
LEAVES = (*RENTED, PodStatus.TERMINATING)  # what a notice of an interruption concerns
LONGEST_STATUS = 20
LISTED_STEP = Decimal("0.00000001")
WORDS = (
    *("troubles", "adopted", "late", "orphans", "ghosts", "never_created", "broken"),
    "interrupted",
)


@dataclass
class Comparison:
    """What one comparison did, by pod name; `troubles` are what broke on our side."""

    listed: int = 0
    adopted: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)
    ghosts: list[str] = field(default_factory=list)
    never_created: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        return in_words(f"{self.listed} pods listed", self, WORDS)


class OurRows:
    """Our rows of the listed pods, read in one query after the list was made.

    By id, else by the unique name of a create without an answer. A row whose id is
    another pod's does not own the listed one: that bills beside it.
    """

    def __init__(self, listed: Sequence[CloudPod], *, provider: str) -> None:
        # An id that no row can hold belongs to none, and must not break the question.
        ids = [each.provider_id for each in listed if each.provider_id.isprintable()]
        rows = Pod.objects.select_related("deployment").filter(
            Q(provider_id__in=ids) | Q(name__in=[each.name for each in listed]),
            provider=provider,
        )
        self.by_id: dict[str, Pod] = {}
        self.unanswered: dict[str, Pod] = {}
        self.names: set[str] = set()
        for pod in rows:
            self.names.add(pod.name)
            if pod.provider_id:
                self.by_id[pod.provider_id] = pod
            else:
                self.unanswered[pod.name] = pod

    def row_of(self, listed: CloudPod) -> Pod | None:
        """The row of a listed pod. A name is given away once, to the oldest pod of it."""
        known = self.by_id.get(listed.provider_id)
        return known or self.unanswered.pop(listed.name, None)


def compare(*, provider: GpuProvider, now: datetime) -> Comparison:
    """Settle every difference between the provider's pods and our rows.

    The candidates for a miss are read before the list is asked for: a pod created in
    between is in the list and not among them. Raises ProviderError when there is no
    complete list; nothing is settled on half of one.
    """
    waiting = list(
        Pod.objects.filter(provider=provider.name, status__in=MAYBE_BILLED).values_list(
            "pk", flat=True
        )
    )
    cloud = provider.pods()
    done = Comparison(listed=len(cloud))
    # Still listed, already gone: a miss like any other.
    alive = [storable(p) for p in cloud if p.status not in termination.GONE_STATUSES]
    rows = OurRows(alive, provider=provider.name)
    seen: list[tuple[Pod, CloudPod]] = []
    for listed in sorted(alive, key=lambda each: each.created_at):
        pod = rows.row_of(listed)
        if pod is not None and not pod.is_ended:
            seen.append((pod, listed))
        elif pod is not None and not pod.provider_id:
            done.late.append(pod.name)
            ending = partial(provisioning.end_late, pod, listed, provider=provider, now=now)
            apart(str(pod), ending, done.troubles)
        elif pod is None or not ended_lately(pod, now=now):
            done.orphans.append(listed.name)
            work = partial(
                orphans.note_orphan,
                listed,
                had_a_row=listed.name in rows.names,
                provider=provider,
                now=now,
            )
            apart(f"orphan {listed.provider_id}", work, done.troubles)
    see_all(seen, provider=provider, now=now, done=done)
    missing = set(waiting) - {pod.pk for pod, _ in seen}
    miss_all(missing, provider=provider, now=now, done=done)
    orphans.close_orphans({each.provider_id for each in alive}, provider=provider, now=now)
    return done


def storable(listed: CloudPod) -> CloudPod:
    """A listed pod in words that our columns hold: anybody may name a pod anything."""
    return replace(
        listed,
        name=printable(listed.name),
        status=printable(listed.status)[:LONGEST_STATUS],
    )


def in_words(listed: str, done: object, words: Sequence[str]) -> str:
    """What a comparison did: of each of its lists of names that is not empty, the names."""
    named = ((word.replace("_", " "), getattr(done, word)) for word in words)
    return "; ".join(
        [listed, *(f"{word}: {', '.join(them)}" for word, them in named if them)]
    )


def printable(text: str) -> str:
    return "".join(filter(str.isprintable, text))


def ended_lately(pod: Pod, *, now: datetime) -> bool:
    """Whether a pod with an id ended so recently that a list may not know it yet."""
    age = now - pod.status_since
    return (
        pod.is_ended and bool(pod.provider_id) and age < timedelta(seconds=NEWBORN_SECONDS)
    )


def see_all(
    seen: Sequence[tuple[Pod, CloudPod]],
    *,
    provider: GpuProvider,
    now: datetime,
    done: Comparison,
) -> None:
    """Book what was listed: all unchanged pods in one write, the others one by one."""
    note_listed([each for each in seen if each[0].provider_id], now=now)
    for pod, listed in seen:
        if listed.taken_at is not None and pod.status in LEAVES:
            work = partial(notice, pod, listed.taken_at, now=now, done=done)
        elif not pod.provider_id:
            work = partial(adopt, pod, listed, provider=provider, now=now, done=done)
        elif listed.status in BROKEN and pod.status in RENTED:
            work = partial(end_broken, pod, listed.status, now=now, done=done)
        elif pod.usd_per_pod_hour is None and listed.usd_per_pod_hour:
            work = partial(learn_price, pod, listed, now=now)
        else:
            continue
        apart(str(pod), work, done.troubles)


def note_listed(seen: Sequence[tuple[Pod, CloudPod]], *, now: datetime) -> None:
    """Book that pods were listed, their raw status and their price where they changed."""
    words: defaultdict[str, list[int]] = defaultdict(list)
    prices: defaultdict[Decimal, list[int]] = defaultdict(list)
    for pod, listed in seen:
        if pod.provider_status != listed.status:
            words[listed.status].append(pod.pk)
        price = listed.usd_per_pod_hour.quantize(LISTED_STEP, ROUND_HALF_UP)
        if price and pod.listed_usd_per_pod_hour != price:
            prices[price].append(pod.pk)
    stopped = [
        pod.pk
        for pod, listed in seen
        if listed.status in STOPPED and pod.stopped_at is None
    ]
    started = [
        Pod(pk=pod.pk, container_started_at=listed.started_at)
        for pod, listed in seen
        if listed.started_at is not None and pod.container_started_at is None
    ]
    keys = [pod.pk for pod, _ in seen]
    with transaction.atomic():
        # Locked in the order of their keys, as everybody locks pods: no deadlock.
        rows = Pod.objects.filter(pk__in=keys).order_by("pk")
        list(rows.select_for_update().values_list("pk", flat=True))
        Pod.objects.filter(pk__in=keys).update(listed_at=now, list_misses=0)
        for word, changed in words.items():
            Pod.objects.filter(pk__in=changed).update(provider_status=word)
        if stopped:
            Pod.objects.filter(pk__in=stopped).update(stopped_at=now)
        if started:  # a restart starts it anew; the first time counts
            Pod.objects.bulk_update(started, ["container_started_at"])
        for price, changed in prices.items():
            Pod.objects.filter(pk__in=changed).update(listed_usd_per_pod_hour=price)


def notice(pod: Pod, taken_at: datetime, *, now: datetime, done: Comparison) -> None:
    """The provider says when it takes a pod away."""
    if spot.note_notice(pod, taken_at, now=now):
        done.interrupted.append(pod.name)


def adopt(
    pod: Pod, listed: CloudPod, *, provider: GpuProvider, now: datetime, done: Comparison
) -> None:
    """Give a pod whose create was never answered the machine that carries its name."""
    if provisioning.record_rental(pod, listed, provider=provider, now=now):
        done.adopted.append(pod.name)


def learn_price(pod: Pod, listed: CloudPod, *, now: datetime) -> None:
    """Keep the price of a pod whose create named none; it may be above the limit."""
    pod.usd_per_pod_hour = listed.usd_per_pod_hour
    Pod.objects.filter(pk=pod.pk, usd_per_pod_hour__isnull=True).update(
        usd_per_pod_hour=listed.usd_per_pod_hour
    )
    if pod.status in RENTED:
        provisioning.end_if_too_dear(pod, now=now)


def end_broken(pod: Pod, status: str, *, now: datetime, done: Comparison) -> None:
    """A pod whose container ended earns nothing and may bill its disk: end it."""
    reason = f"the provider says {status}"
    ended = termination.request_termination(
        pod, acting_user="rule:broken", reason=reason, now=now
    )
    if not ended:
        return
    done.broken.append(pod.name)
    if pod.ready_at is None:
        replicas.note_launch_failure(pod.deployment, now=now, reason=reason)
    else:
        crash_loops.note_lost_replica(pod, reason=reason, now=now)


def miss_all(
    missing: set[int], *, provider: GpuProvider, now: datetime, done: Comparison
) -> None:
    """Book that pods of ours are not in a complete list, read anew: they may have moved.

    When the provider does not answer for one of them, the next list goes on.
    """
    rows = Pod.objects.filter(pk__in=missing, status__in=MAYBE_BILLED).order_by("pk")
    for pod in rows:
        try:
            miss(pod, provider=provider, now=now, done=done)
        except ProviderError as error:
            log.warning("%s is not listed, and asking for it failed: %s", pod, error)
            break
        except FAULTS as fault:
            note_fault(str(pod), fault, done.troubles)


def miss(pod: Pod, *, provider: GpuProvider, now: datetime, done: Comparison) -> None:
    """Book that a pod of ours is not in a complete list; two misses decide.

    Raises ProviderError when the provider can not be asked for it.
    """
    if not pod.provider_id:
        miss_unanswered(pod, now=now, done=done)
        return
    born = pod.billed_from or pod.status_since
    if now - born < timedelta(seconds=NEWBORN_SECONDS):
        return
    if count_miss(pod) < MISSES_NEEDED:
        return
    found = provider.pod(pod.provider_id)
    if found is not None and found.status not in termination.GONE_STATUSES:
        return  # the list lags, the pod lives
    if is_spot(pod) and pod.status in RENTED:
        if spot.note_taken(pod, now=now):
            done.interrupted.append(pod.name)
        return
    with transaction.atomic():
        gone = pod.move_to(
            PodStatus.TERMINATED,
            now=now,
            reason="vanished: the provider does not know it any more",
            facts={"billed_until": termination.billed_until(pod, now=now)},
        )
        if gone:
            done.ghosts.append(pod.name)
            audit.record("close ghost", pod, acting_user="rule:cloud_list", now=now)


def miss_unanswered(pod: Pod, *, now: datetime, done: Comparison) -> None:
    """A create without an answer whose pod is not listed: it fails after settling."""
    sent = pod.sent_at or pod.status_since
    if now - sent < timedelta(seconds=settings.SETTLE_SECONDS):
        return
    if count_miss(pod) < MISSES_NEEDED:
        return
    reason = "the create was never answered, and two complete lists do not show the pod"
    if pod.move_to(PodStatus.FAILED, now=now, reason=reason):
        done.never_created.append(pod.name)


def count_miss(pod: Pod) -> int:
    """One miss more, in the row; how many there are now."""
    misses = pod.list_misses + 1
    Pod.objects.filter(pk=pod.pk).update(list_misses=misses)
    return misses
