"""The fleet's tasks: a clock, a provider, one service call, one job row."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from celery import current_task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils import timezone

from fleet import notifying, outgoing
from fleet.cloud import provider_named, providers
from fleet.models import Pod
from fleet.outgoing import Allowed
from fleet.providers.base import ProviderError
from fleet.providers.canary import canary_silence
from fleet.providers.gpuhunt_catalog import MarketReading
from fleet.providers.gpuhunt_catalog import read_market as read_catalogs
from fleet.providers.resources import FullProvider
from fleet.selectors.providers import job_name, provider_names, spot_provider
from fleet.selectors.speeds import evidence
from fleet.services import (
    audit_chain,
    boot_logs,
    catalog,
    cloud_list,
    fleets,
    leases,
    market,
    probing,
    provisioning,
    resources,
    speeds,
)
from fleet.services import (
    housekeeping as housekeeping_service,
)
from fleet.services import (
    reconcile as reconcile_service,
)
from fleet.services.alerts import channels, deadman, outbox, watch
from fleet.services.jobs import BY_HAND, JobFailed, run_job
from fleet.services.launch_guard import configured_guard

KEY_BYTES = 32
BELL_SECONDS = 60  # a bell that nobody heard by then was rung again


def recorded(name: str, work: Callable[[datetime], str]) -> None:
    """Run `work(now)` as the job `name`, once at a time, with its row."""
    request = current_task.request if current_task else None
    run_job(
        name,
        work,
        clock=timezone.now,
        token=str(uuid.uuid4()),
        request_id=str(
            getattr(request, "request_id", None) or getattr(request, "id", "") or ""
        ),
        lease_seconds=settings.JOB_LEASE_SECONDS,
        by_hand=bool(getattr(request, BY_HAND, False)),
    )


def asking(
    work: Callable[[datetime], str], *, provider: FullProvider
) -> Callable[[datetime], str]:
    """`work`, with a provider's refusal or silence told as the job's own failure."""

    def told(now: datetime) -> str:
        try:
            return work(now)
        except ProviderError as error:
            raise JobFailed(f"{provider.name}: {error}") from error

    return told


def of_each_provider(name: str, work: Callable[[FullProvider, datetime], str]) -> None:
    """Run `work(provider, now)` for every provider, each as a job row of its own.

    What breaks for one stops no other; the first error is raised when all had their turn.
    """
    broke: list[Exception] = []
    for provider in providers():
        asked = asking(partial(work, provider), provider=provider)
        try:
            recorded(job_name(name, provider.name), asked)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            broke.append(error)
    if broke:
        raise broke[0]


def new_key() -> str:
    """The bearer key of a new pod's vLLM."""
    return "sk-" + secrets.token_urlsafe(KEY_BYTES)


@shared_task
def reconcile() -> None:
    """Beat, and the doorbell after an order or a stop: one tick, then rent what is due."""
    main, *others = providers()
    recorded(
        "reconcile",
        asking(
            lambda now: reconcile_service.tick(
                provider=main,
                others=others,
                simulated=settings.KERNE_SANDBOX,
                clock=timezone.now,
                new_key=new_key,
                last_scrape=partial(probing.last_scrape, clock=timezone.now),
                canary=partial(canary_silence, settings.CANARY_URL),
            ),
            provider=main,
        ),
    )
    ring_requested()
    if resources.has_due(settings.PROVIDER_NAME, now=timezone.now()):
        tend_resources.apply_async(expires=BELL_SECONDS)


@shared_task
def provision_requested() -> None:
    """Beat: pick up REQUESTED pods whose doorbell was lost."""
    recorded("provision_requested", lambda now: f"{ring_requested()} pods to rent")


def ring_requested() -> int:
    """Ring for every intent that may be sent now; the number of bells."""
    now = timezone.now()
    waiting = [
        pod_id
        for name in provider_names()
        for pod_id in provisioning.due(provider_name=name, now=now)
    ]
    for pod_id in waiting:
        provision_pod.apply_async((pod_id,), expires=BELL_SECONDS)
    return len(waiting)


@shared_task
def provision_pod(pod_id: int) -> None:
    """Rent one pod; a second message for it finds nothing to do."""
    where = Pod.objects.filter(pk=pod_id).values_list("provider", flat=True).first()
    if where in provider_names():
        provisioning.provision(
            pod_id,
            provider=provider_named(where),
            guard=configured_guard(),
            now=timezone.now(),
        )


@shared_task
def list_cloud() -> None:
    """Beat: the whole cloud list of each provider against our rows, both ways."""
    of_each_provider(
        "list_cloud",
        lambda provider, now: compared(cloud_list.compare(provider=provider, now=now)),
    )


@shared_task
def watch_spot() -> None:
    """Beat: the spot market's list, while a pod is rented there; else no row is written.

    What was interrupted is replaced at once, not at the next tick.
    """
    name = spot_provider()
    if not name or not Pod.objects.maybe_billed().filter(provider=name).exists():
        return
    provider = provider_named(name)
    taken: list[str] = []

    def watch(now: datetime) -> str:
        done = cloud_list.compare(provider=provider, now=now)
        taken.extend(done.interrupted)
        return compared(done)

    recorded("watch_spot", asking(watch, provider=provider))
    if taken:
        reconcile.delay()


@shared_task
def tend_resources() -> None:
    """Beat, and the doorbell after an action: volumes and endpoints, both ways.

    The main provider's: a spot market sells neither.
    """
    provider = providers()[0]
    recorded(
        "tend_resources",
        asking(
            lambda now: resources.tend(
                provider=provider, guard=configured_guard(), now=now
            ),
            provider=provider,
        ),
    )


def compared(done: cloud_list.Comparison) -> str:
    """What a comparison did. Raises JobFailed when it broke for some pod."""
    if done.troubles:
        raise JobFailed(done.sentence())
    return done.sentence()


@shared_task
def probe() -> None:
    """Beat: one sweep over every rented pod."""
    recorded(
        "probe",
        lambda now: probing.sweep(provider_names=provider_names(), clock=timezone.now),
    )


@shared_task
def read_boot_logs() -> None:
    """Beat: when the weights of starting pods were loaded, by their logs."""
    of_each_provider(
        "read_boot_logs",
        lambda provider, now: boot_logs.read_due(provider=provider, now=now),
    )


@shared_task
def renew_leases() -> None:
    """Beat: the pods hear that we are still there."""
    recorded(
        "renew_leases",
        lambda now: leases.renew_all(provider_names=provider_names(), clock=timezone.now),
    )


@shared_task
def refresh_catalog() -> None:
    """Beat: GPU types, prices and stock; and the fleets that an order can choose."""
    fleets.ensure_tiers(simulated=settings.KERNE_SANDBOX)
    of_each_provider(
        "refresh_catalog",
        lambda provider, now: catalog.refresh(provider=provider, now=now),
    )


@shared_task
def read_balance() -> None:
    """Beat: what each provider says of our balance."""

    def read(provider: FullProvider, now: datetime) -> str:
        reading = catalog.read_balance(provider=provider, now=now)
        if reading is None:
            raise JobFailed("the provider did not say the balance")
        return f"{reading.balance_usd:.2f} USD"

    of_each_provider("read_balance", read)


@shared_task
def read_market() -> None:
    """Beat: the public prices that ship with us, then what other providers say today."""
    market.load_public_prices(now=timezone.now())
    if settings.MARKET_PRICES:
        recorded("read_market", read_other_providers)


def read_other_providers(
    now: datetime, *, read: Callable[..., MarketReading] = read_catalogs
) -> str:
    """A summary. Raises JobFailed when nobody answers; then nothing is changed."""
    asked = partial(read, now=now, catalog_url=settings.MARKET_PRICES_URL)
    try:
        return market.refresh(read=asked)
    except ProviderError as error:
        raise JobFailed(f"{error}; the prices known so far stay") from error


@shared_task
def seal_audit() -> None:
    """Beat: the hash chain over what was audited since."""
    recorded("seal_audit", lambda now: audit_chain.seal(now=now))


@shared_task
def housekeeping() -> None:
    """Beat: rows that nobody opens any more go."""
    recorded("housekeeping", lambda now: housekeeping_service.tidy(now=now))


@shared_task
def estimate_speeds() -> None:
    """Beat, and the doorbell of the plan page: answer the speeds that were asked for."""
    more: list[bool] = []

    def work(now: datetime) -> str:
        summary, left = speeds.answer_wanted(
            evidence=partial(evidence, now=now), clock=timezone.now
        )
        more.append(left)
        return summary

    recorded("estimate_speeds", work)
    if any(more):
        estimate_speeds.delay()


@shared_task
def watch_alerts() -> None:
    """Beat: every alert rule looks at the rows."""

    def look(now: datetime) -> str:
        troubles: list[str] = []
        summary = watch.watch(now=now, troubles=troubles)
        if troubles:
            raise JobFailed(f"{summary}; could not look: {'; '.join(troubles)}")
        return summary

    recorded("watch_alerts", look)


@shared_task
def send_alerts() -> None:
    """Beat: messages that are due go out, claimed so that no two sweeps say the same."""
    allowed = Allowed.from_words(settings.ALLOW_PRIVATE_TARGETS)

    def deliver(now: datetime) -> str:
        done = outbox.deliver(
            clock=timezone.now,
            token=str(uuid.uuid4()),
            say=partial(notifying.send, allowed=allowed),
            open_address=channels.open_address,
            base_url=settings.PUBLIC_URL,
        )
        if done.failed:
            raise JobFailed(done.sentence())
        return done.sentence()

    recorded("send_alerts", deliver)


@shared_task
def ping_deadman() -> None:
    """Beat: a sign of life to whoever waits for it, where settings name one."""
    url = settings.DEADMAN_PING_URL
    if url:
        allowed = Allowed.from_words(settings.ALLOW_PRIVATE_TARGETS)
        asked = partial(outgoing.ask, allowed=allowed)
        recorded("ping_deadman", lambda now: deadman.ping(url, ask=asked, now=now))
