"""RunPod through REST v2, the only interface for pods here.

REST v1 was retired on 2026-11-15; GraphQL ends early in 2027 and serves the balance
only. See `errors.py` for what may be raised and `docs/provider.md` for the table of
answers. The adapter sends nothing twice, also not after a 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from requests.adapters import BaseAdapter

from fleet.providers import runpod_parse as parse
from fleet.providers.base import (
    Balance,
    BillingBucket,
    BucketSize,
    Capability,
    CloudPod,
    GpuOffer,
    LogLine,
    NotFound,
    PodRequest,
    RentalKind,
)
from fleet.providers.masking import secret_values
from fleet.providers.runpod_balance import read_balance
from fleet.providers.runpod_http import CREATE_SECONDS, READ_SECONDS, RateWindow, RunPodHttp
from fleet.providers.runpod_lists import (
    billing_query,
    checked_id,
    resource_path,
    whole_list,
)
from fleet.providers.runpod_logs import MOST_LINES, QUIET_SECONDS, read_stream
from fleet.providers.runpod_resources import RunPodEndpoints, RunPodVolumes
from fleet.providers.runpod_serverless import ENDPOINT_BASE_URL

API_URL = "https://api.runpod.io"
GRAPHQL_URL = "https://api.runpod.io/graphql"
PROXY_URL = "https://{pod_id}-{port}.proxy.runpod.net"

CAPABILITIES = (
    Capability(
        kind=RentalKind.ON_DEMAND,
        offered=True,
        note="Billed per second while the pod runs; not interruptible.",
        as_of=date(2026, 8, 20),
        source="RunPod pricing page and REST v2 contract",
    ),
    Capability(
        kind=RentalKind.SCHEDULED,
        offered=True,
        note="On-demand pods that we rent and end by the hour; no discount.",
        as_of=date(2026, 8, 20),
        source="ours, over RunPod on-demand",
    ),
    Capability(
        kind=RentalKind.SERVERLESS,
        offered=True,
        note="Workers billed from start to full stop, cold start and idle time included.",
        as_of=date(2026, 8, 20),
        source="RunPod serverless documentation",
    ),
    Capability(
        kind=RentalKind.SAVINGS_PLAN,
        offered=True,
        note="3 or 6 months prepaid; the GPU part only; bought in RunPod's console.",
        as_of=date(2026, 8, 20),
        source="RunPod pricing page",
    ),
    Capability(
        kind=RentalKind.INTERRUPTIBLE,
        offered=False,
        note=(
            "RunPod withdrew spot pods: announced 2026-04-13, out of the documentation "
            "2026-05-06, last date given 2026-09-11; REST v2 has no bid and no spot price."
        ),
        as_of=date(2026, 9, 11),
        source="RunPod staff announcement and REST v2 contract",
    ),
)


class RunPodProvider(RunPodVolumes, RunPodEndpoints):
    """One RunPod account. Implements `resources.FullProvider`; one instance per task.

    base_url     of REST v2, without /v2; the sandbox's address in sandbox mode
    graphql_url  ends with /graphql; for the balance only
    queue_url    where serverless endpoints take jobs and tell their health
    proxy_url    template of a pod's public address, with {pod_id} and {port}
    name         what our rows call it; the sandbox has one of its own
    transport    carries the REST requests; None: the network
    """

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str = API_URL,
        graphql_url: str = GRAPHQL_URL,
        proxy_url: str = PROXY_URL,
        queue_url: str = ENDPOINT_BASE_URL,
        name: str = "runpod",
        read_seconds: float = READ_SECONDS,
        create_seconds: float = CREATE_SECONDS,
        transport: BaseAdapter | None = None,
    ) -> None:
        if "{pod_id}" not in proxy_url or "{port}" not in proxy_url:
            raise ValueError(
                f"proxy_url is {proxy_url!r}; it must hold {{pod_id}} and {{port}}."
            )
        self.name = name
        self._http = RunPodHttp(
            base_url=base_url,
            api_key=api_key,
            read_seconds=read_seconds,
            create_seconds=create_seconds,
            transport=transport,
        )
        self._queue_url = queue_url
        self._api_key = api_key
        self._graphql_url = graphql_url
        self._proxy_url = proxy_url

    def __repr__(self) -> str:
        return f"RunPodProvider({self._http.base_url!r}, api_key=***)"

    @property
    def rate_limit(self) -> Mapping[str, RateWindow]:
        """What is left of the quotas (minute, hour, day), as of the newest answer."""
        return self._http.rate_limit

    def capabilities(self) -> tuple[Capability, ...]:
        return CAPABILITIES

    def offers(self) -> list[GpuOffer]:
        # Stock is per cloud and the catalog answers for one cloud at a time.
        offers: list[GpuOffer] = []
        for cloud in ("SECURE", "COMMUNITY"):
            query = {"include": "AVAILABILITY", "product": "POD", "cloud": cloud}
            body = self._http.get("/v2/catalog/gpus", params=query)
            offers += parse.offers(body, "SECURE" if cloud == "SECURE" else "COMMUNITY")
        # Every answer has the serverless prices; one of the two is enough.
        return offers + parse.serverless_offers(body)

    def create(self, request: PodRequest) -> CloudPod:
        secrets = (*request.env.values(), *secret_values(request.args))
        body = self._http.create("/v2/pods", parse.create_body(request), secrets=secrets)
        return parse.pod(body)

    def pods(self) -> list[CloudPod]:
        return whole_list(
            self._http,
            "/v2/pods",
            "pods",
            read=parse.pod,
            id_of=lambda pod: pod.provider_id,
        )

    def pod(self, provider_id: str) -> CloudPod | None:
        try:
            return parse.pod(self._http.get(_path(provider_id)))
        except NotFound:
            return None

    def terminate(self, provider_id: str) -> None:
        try:
            self._http.send("DELETE", _path(provider_id))
        except NotFound:
            return  # gone already: what was asked for

    def stop(self, provider_id: str) -> None:
        self._act(provider_id, "stop")

    def start(self, provider_id: str) -> None:
        self._act(provider_id, "start")

    def restart(self, provider_id: str) -> None:
        self._act(provider_id, "restart")

    def logs(self, provider_id: str, *, tail: int) -> list[LogLine]:
        if not 1 <= tail <= MOST_LINES:
            raise ValueError(f"tail is {tail}; it must be from 1 to {MOST_LINES}.")
        with self._http.open(
            "GET",
            f"{_path(provider_id)}/logs",
            params={"tail": str(tail)},
            headers={"Accept": "text/event-stream"},
            seconds=QUIET_SECONDS,
        ) as response:
            if not response.ok:
                raise self._http.refusal(response)
            return read_stream(response, tail=tail, secrets=(self._api_key,))

    def billing(
        self, start: datetime, end: datetime, *, bucket: BucketSize
    ) -> list[BillingBucket]:
        query = billing_query(start, end, bucket)
        body = self._http.get("/v2/billing/pods", params=query)
        buckets = [parse.bucket(raw) for raw in parse.listed(body, "records")]
        # RunPod widens the window to whole buckets; the caller asked for this one.
        wanted = [item for item in buckets if start <= item.start < end]
        return sorted(wanted, key=lambda item: (item.start, item.provider_pod_id))

    def balance(self) -> Balance | None:
        return read_balance(graphql_url=self._graphql_url, api_key=self._api_key)

    def pod_url(self, provider_id: str, port: int) -> str:
        url = self._proxy_url.format(pod_id=checked_id(provider_id), port=port)
        return url.rstrip("/")

    def _act(self, provider_id: str, action: str) -> None:
        self._http.send("POST", f"{_path(provider_id)}/action", body={"action": action})


def _path(provider_id: str) -> str:
    return resource_path("pods", provider_id)
