"""What do a tick, a cloud list and a sweep's booking cost in a large fleet?

    python benchmarks/large_fleet.py

Makes a throw-away PostgreSQL with 1,000 deployments, 2,000 pods that serve and 10,000
that have ended, and prints for each piece of work its queries and milliseconds beside a
floor: the least that the database could do for the same effect. Medians of five rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from statistics import median
from time import perf_counter

from database import start_database

DEPLOYMENTS = 1_000
PODS = 2_000
ENDED = 10_000
ROUNDS = 5


def measure(work: Callable[[int], object]) -> tuple[int, float]:
    """Queries of one call, and the median of its milliseconds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        work(0)
    taken = []
    for turn in range(1, ROUNDS + 1):
        began = perf_counter()
        work(turn)
        taken.append((perf_counter() - began) * 1_000)
    return len(seen), median(taken)


def show(what: str, ours: tuple[int, float], floor: tuple[int, float]) -> None:
    print(
        f"{what:<34} {ours[0]:>6} queries {ours[1]:>9.1f} ms   "
        f"floor {floor[0]:>4} queries {floor[1]:>8.1f} ms   ratio {ours[1] / floor[1]:6.1f}"
    )


def main() -> None:
    stop = start_database()
    try:
        compare_all()
    finally:
        stop()


def compare_all() -> None:
    from django.db import connection

    from fleet.models import EngineSample, Pod
    from fleet.services import cloud_list, probing, reconcile
    from tests.clock import NOON, Clock
    from tests.fleet.services.test_a_probe_is_booked import answer, counters

    account, pods = make_fleet_of(PODS)

    def tick(turn: int) -> object:
        return reconcile.tick(
            provider=account,
            simulated=False,
            clock=Clock(),
            new_key=lambda: "sk-0123456789abcdef",
            last_scrape=len,
        )

    def book(turn: int) -> object:
        at = NOON + timedelta(seconds=10 * turn)
        read = [(pod, answer(at, counters())) for pod in pods]
        for start in range(0, len(read), probing.PODS_PER_ROUND):
            part = read[start : start + probing.PODS_PER_ROUND]
            probing.book(part, now=at, troubles=[])
        return None

    def read_live(turn: int) -> object:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT d.id, count(p.id) FROM fleet_deployment d LEFT JOIN fleet_pod p ON "
                "p.deployment_id = d.id AND p.status IN ('serving', 'requested') GROUP BY 1"
            )
            return cursor.fetchall()

    def touch_all(turn: int) -> object:
        return Pod.objects.filter(status="serving").update(listed_at=NOON)

    def write_once(turn: int) -> object:
        at = NOON + timedelta(days=1, seconds=turn)
        EngineSample.objects.bulk_create(
            probing.sample_of(pod, counters(), at=at) for pod in pods
        )
        return Pod.objects.filter(status="serving").update(probed_at=at)

    show("tick, 1,000 deployments", measure(tick), measure(read_live))
    show(
        "cloud list, 2,000 pods",
        measure(lambda turn: cloud_list.compare(provider=account, now=NOON)),
        measure(touch_all),
    )
    show("book a sweep, 2,000 pods", measure(book), measure(write_once))


def make_fleet_of(count: int) -> tuple[object, list[object]]:
    """An account and our rows of it, all as wanted."""
    from fleet.models import Deployment, Pod, PodStatus
    from fleet.providers.base import CloudPod
    from fleet.providers.fake import FakeProvider
    from tests.clock import NOON, Clock
    from tests.factories import make_deployment, make_fleet, make_pod, make_variant

    fleet, variant = make_fleet(), make_variant()
    account = FakeProvider(now=Clock())
    per_deployment = count // DEPLOYMENTS
    for _ in range(DEPLOYMENTS):
        make_deployment(fleet=fleet, variant=variant, replicas=per_deployment)
    deployments = list(Deployment.objects.all())
    for n in range(count):
        pod = make_pod(
            deployment=deployments[n % DEPLOYMENTS],
            provider="fake",
            base_url="http://127.0.0.1:9",
            billed_from=NOON,
            probed_at=NOON,
        )
        account.adopt(
            CloudPod(
                provider_id=pod.provider_id,
                name=pod.name,
                status="RUNNING",
                usd_per_pod_hour=Decimal("0.74"),
                gpu_type_id=pod.gpu_type_id,
                gpu_count=1,
                cloud="SECURE",
                data_center_id=None,
                created_at=NOON,
                started_at=NOON,
            )
        )
    for n in range(ENDED):
        make_pod(
            deployment=deployments[n % DEPLOYMENTS],
            provider="fake",
            status=PodStatus.TERMINATED,
        )
    serving = Pod.objects.filter(status=PodStatus.SERVING)
    return account, list(serving.select_related("deployment__variant__served_model"))


if __name__ == "__main__":
    main()
