"""A provider in memory, for tests of services. It has no clock and no chance of its own.

account = FakeProvider(now=clock, offers=[...])
account.fail_next("create", Rejected("no capacity"))
account.lose_next_answer("create")    # it happens, the answer is lost
account.set_status("fake-1", "RUNNING")
assert account.calls == [("create", "kerne-demo-llama-1"), ...]
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from fleet.providers.base import (
    Balance,
    BillingBucket,
    BucketSize,
    Capability,
    CloudPod,
    Conflict,
    GpuOffer,
    LogLine,
    NotFound,
    PodRequest,
    ProviderError,
    ProviderUnavailable,
    Rejected,
    RentalKind,
)
from fleet.providers.fake_resources import FakeResources

STOPPED = ("EXITED", "ERROR")
Answer = TypeVar("Answer")
LOST = ProviderUnavailable("the answer was lost")


class FakeProvider(FakeResources):
    """An account at no cloud. Implements `resources.FullProvider`.

    now      the clock; read once per call that needs it
    offers   the catalog; a create of a type, cloud or count outside it is Rejected
    credit   what `balance()` says; None for unknown
    """

    name = "fake"

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        offers: Iterable[GpuOffer] = (),
        credit: Balance | None = None,
        url: str = "http://127.0.0.1:9/{pod_id}/{port}",
    ) -> None:
        super().__init__(now)
        self._now = now
        self._offers = list(offers)
        self._url = url
        self._faults: defaultdict[str, deque[tuple[ProviderError, bool]]] = defaultdict(
            deque
        )
        self._pods: dict[str, CloudPod] = {}
        self.requests: dict[str, PodRequest] = {}  # by provider_id, as they were sent
        self.calls: list[tuple[str, str]] = []  # (method, name or id), in order
        self.buckets: list[BillingBucket] = []
        self.lines: defaultdict[str, list[LogLine]] = defaultdict(list)
        self.credit = credit

    # Scripting

    def fail_next(self, method: str, *errors: ProviderError) -> None:
        """The next calls of `method` raise `errors`, one each; nothing happens."""
        self._faults[method].extend((error, False) for error in errors)

    def lose_next_answer(self, method: str, error: ProviderError = LOST) -> None:
        """The next call of `method` happens and then raises `error`."""
        self._faults[method].append((error, True))

    def set_status(self, provider_id: str, status: str) -> None:
        """The pod moves to `status` (a provider's word); stopped pods cost nothing."""
        pod = self._pods[provider_id]
        started = pod.started_at
        if status == "RUNNING" and started is None:
            started = self._now()
        cost = Decimal(0) if status in STOPPED else self._price(self.requests[provider_id])
        self._pods[provider_id] = replace(
            pod, status=status, started_at=started, usd_per_pod_hour=cost
        )

    def reprice(self, provider_id: str, usd_per_pod_hour: Decimal) -> None:
        """The pod costs something else than was quoted."""
        pod = self._pods[provider_id]
        self._pods[provider_id] = replace(pod, usd_per_pod_hour=usd_per_pod_hour)

    def vanish(self, provider_id: str) -> None:
        """The pod is gone without anybody having asked for it."""
        del self._pods[provider_id]

    def adopt(self, pod: CloudPod) -> None:
        """A pod that somebody else rented in the same account."""
        self._pods[pod.provider_id] = pod

    # GpuProvider

    def capabilities(self) -> tuple[Capability, ...]:
        return tuple(
            Capability(
                kind=kind,
                offered=kind is not RentalKind.INTERRUPTIBLE,
                note="A provider in memory.",
                as_of=date(2026, 1, 1),
                source="fleet/providers/fake.py",
            )
            for kind in RentalKind
        )

    def offers(self) -> list[GpuOffer]:
        lost = self._begin("offers")
        return self._end(lost, list(self._offers))

    def create(self, request: PodRequest) -> CloudPod:
        lost = self._begin("create", request.name)
        provider_id = f"fake-{len(self.requests) + 1}"
        pod = CloudPod(
            provider_id=provider_id,
            name=request.name,
            status="PROVISIONING",
            usd_per_pod_hour=self._price(request),
            gpu_type_id=request.gpu_type_id,
            gpu_count=request.gpu_count,
            cloud=request.cloud,
            data_center_id=next(iter(request.data_center_ids), "FAKE-1"),
            created_at=self._now(),
            started_at=None,
        )
        self.requests[provider_id] = request
        self._pods[provider_id] = pod
        return self._end(lost, pod)

    def pods(self) -> list[CloudPod]:
        lost = self._begin("pods")
        seen = [pod for pod in self._pods.values() if pod.provider_id not in self.hidden]
        return self._end(lost, seen)

    def pod(self, provider_id: str) -> CloudPod | None:
        lost = self._begin("pod", provider_id)
        return self._end(lost, self._pods.get(provider_id))

    def terminate(self, provider_id: str) -> None:
        lost = self._begin("terminate", provider_id)
        self._pods.pop(provider_id, None)
        self._end(lost, None)

    def stop(self, provider_id: str) -> None:
        lost = self._begin("stop", provider_id)
        pod = self._known(provider_id)
        if pod.status in STOPPED:
            raise Conflict(f"stop is not possible: the pod is {pod.status}", status=409)
        self.set_status(provider_id, "EXITED")
        self._end(lost, None)

    def start(self, provider_id: str) -> None:
        lost = self._begin("start", provider_id)
        pod = self._known(provider_id)
        if pod.status not in STOPPED:
            raise Conflict(f"start is not possible: the pod is {pod.status}", status=409)
        self.set_status(provider_id, "STARTING")
        self._end(lost, None)

    def restart(self, provider_id: str) -> None:
        lost = self._begin("restart", provider_id)
        pod = self._known(provider_id)
        if pod.status != "RUNNING":
            raise Conflict(f"restart is not possible: it is {pod.status}", status=409)
        self.set_status(provider_id, "STARTING")
        self._end(lost, None)

    def logs(self, provider_id: str, *, tail: int) -> list[LogLine]:
        lost = self._begin("logs", provider_id)
        self._known(provider_id)
        return self._end(lost, self.lines[provider_id][-tail:])

    def billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[BillingBucket]:
        lost = self._begin("billing", bucket)
        wanted = [item for item in self.buckets if start <= item.start < end]
        wanted.sort(key=lambda item: (item.start, item.provider_pod_id))
        return self._end(lost, wanted)

    def balance(self) -> Balance | None:
        self.calls.append(("balance", ""))
        return self.credit

    def pod_url(self, provider_id: str, port: int) -> str:
        return self._url.format(pod_id=provider_id, port=port)

    def _price(self, request: PodRequest) -> Decimal:
        for offer in self._offers:
            if (offer.gpu_type_id, offer.cloud) == (request.gpu_type_id, request.cloud):
                if request.gpu_count <= offer.max_count:
                    return offer.usd_per_gpu_hour * request.gpu_count
                break
        raise Rejected("There are no instances currently available", status=400)

    def _known(self, provider_id: str) -> CloudPod:
        if provider_id not in self._pods:
            raise NotFound(f"pod {provider_id} not found", status=404)
        return self._pods[provider_id]

    def _begin(self, method: str, subject: str = "") -> ProviderError | None:
        """Note the call; raise a scripted failure, or return one for after the effect."""
        self.calls.append((method, subject))
        if not self._faults[method]:
            return None
        error, happens = self._faults[method].popleft()
        if happens:
            return error
        raise error

    def _end(self, lost: ProviderError | None, answer: Answer) -> Answer:
        if lost is not None:
            raise lost
        return answer
