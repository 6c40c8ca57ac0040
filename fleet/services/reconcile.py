"""Reconcile: one tick that moves every due row one step towards what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from fleet.models import Pod, PodStatus
from fleet.providers.base import GpuProvider, ProviderError
from fleet.services import (
    cloud_list,
    deadlines,
    diagnosis,
    fault_points,
    leads,
    mending,
    replicas,
    rolling,
    scaling,
    serverless,
    termination,
)
from fleet.services.actions import following
from fleet.services.isolation import apart
from fleet.services.jobs import JobFailed
from fleet.services.mending_limits import Canary
from fleet.services.termination import LastScrape

SETTLING = (PodStatus.CREATING, PodStatus.PROVISIONING, PodStatus.TERMINATING)


def tick(
    *,
    provider: GpuProvider,
    others: Sequence[GpuProvider] = (),
    simulated: bool,
    clock: Callable[[], datetime],
    new_key: Callable[[], str],
    last_scrape: LastScrape,
    canary: Canary,
) -> str:
    """Deployments to intents, deadlines, terminations; a summary sentence.

    A provider that does not answer stops neither deadlines nor terminations, nor another
    provider's, and a row that breaks stops no other; JobFailed tells of it when all the
    rest is done.

    provider   the main one, where replicas are rented on demand
    others     further ones whose pods are ours: a spot market
    simulated  whether `provider` plays: only deployments of that kind are rented for
    canary     whether the world outside answers; asked when many pods fell at once
    """
    now = clock()
    troubles: list[str] = []
    # First: replicas follow what the demand asks for in the same tick.
    apart("leads", leads.refresh, troubles)
    scaled = scaling.scale_all(simulated=simulated, now=now, troubles=troubles)
    roll = partial(rolling.step_all, simulated=simulated, now=now, troubles=troubles)
    rolled = apart("rollouts", roll, troubles) or []
    # Before the replicas: what is handed over to an endpoint drains in the same tick.
    points = serverless.settle_all(
        provider=provider.name, simulated=simulated, now=now, troubles=troubles
    )
    changed = settle_deployments(
        provider.name, simulated=simulated, now=now, new_key=new_key, troubles=troubles
    )
    words = [f"{changed} replicas changed", *scaled, *rolled, *points]
    for each in (provider, *others):
        done = tend_pods(
            each,
            canary=canary,
            clock=clock,
            last_scrape=last_scrape,
            troubles=troubles,
        )
        # The main one's words stand alone: it is the only one almost everywhere.
        words += done if each is provider else [f"{each.name}: {said}" for said in done]
    if ended := following.finish_due(now=clock(), troubles=troubles):
        words.append(f"actions ended: {', '.join(ended)}")
    if troubles:
        raise JobFailed("; ".join([f"broke: {', '.join(troubles)}", *words]))
    return "; ".join(words)


def tend_pods(
    provider: GpuProvider,
    *,
    canary: Canary,
    clock: Callable[[], datetime],
    last_scrape: LastScrape,
    troubles: list[str],
) -> list[str]:
    """Deadlines, health and ends of the pods at one provider; what was done, in words.

    The cloud list is asked for too while any pod is settling, so that an operator who
    waits sees each step within a tick, not within a minute.
    """
    now = clock()
    words: list[str] = []
    overdue = partial(deadlines.end_overdue, provider_name=provider.name, now=now)
    if late := apart("deadlines", overdue, troubles):
        words.append(f"over the deadline: {', '.join(late)}")
    if Pod.objects.filter(provider=provider.name, status__in=SETTLING).exists():
        listing = partial(list_cloud, provider, now=now, troubles=troubles)
        words.append(apart("cloud list", listing, troubles) or "no cloud list")
    heal = partial(
        mending.mend, provider=provider, canary=canary, now=now, troubles=troubles
    )
    words += apart("mending", heal, troubles) or []
    rows = Pod.objects.filter(provider=provider.name, status=PodStatus.TERMINATING)
    ending = list(
        rows.select_related("deployment").order_by("terminate_requested_at", "pk")
    )
    explain = partial(diagnosis.explain_endings, ending, provider=provider, now=now)
    words += apart("diagnosis", explain, troubles) or []
    gone = termination.drive_terminations(
        ending,
        provider=provider,
        clock=clock,
        last_scrape=last_scrape,
        troubles=troubles,
    )
    if gone:
        words.append(f"gone: {', '.join(gone)}")
    return words


def settle_deployments(
    provider_name: str,
    *,
    simulated: bool,
    now: datetime,
    new_key: Callable[[], str],
    troubles: list[str],
) -> int:
    """Settle every deployment that is not as wanted; the number of pod rows changed."""
    changed = 0
    for pk in replicas.unsettled(simulated=simulated, now=now):
        settle = partial(
            replicas.settle_deployment,
            pk,
            provider=provider_name,
            simulated=simulated,
            now=now,
            new_key=new_key,
        )
        fault_points.reach("before_intent")
        changed += apart(f"deployment {pk}", settle, troubles) or 0
        fault_points.reach("after_intent")
    return changed


def list_cloud(provider: GpuProvider, *, now: datetime, troubles: list[str]) -> str:
    """The cloud list, compared; a sentence also when the provider does not give one."""
    try:
        done = cloud_list.compare(provider=provider, now=now)
    except ProviderError as error:
        return f"no cloud list: {error}"
    troubles += done.troubles
    return done.sentence()
