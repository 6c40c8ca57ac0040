"""The routes of RunPod's contract, each a plain function of the cloud and the request."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response, StreamingResponse

from fleet.sandbox import bill_faults, billing, catalog, checks, graphql
from fleet.sandbox import serverless_routes as serverless
from fleet.sandbox.call import Call, Handler
from fleet.sandbox.cloud import Cloud
from fleet.sandbox.lagging import listed
from fleet.sandbox.money import Charge
from fleet.sandbox.pods import render
from fleet.sandbox.problems import Problem, invalid, not_found
from fleet.sandbox.wire import answer, parse_rfc3339

MAX_TAIL, DEFAULT_TAIL = 5000, 100


# --- catalog ----------------------------------------------------------------------------


def list_gpu_types(call: Call) -> Response:
    """GPU types with list prices, with stock when asked for."""
    query = _availability_query(call.query())
    gpus = list(call.cloud.gpu_types().values())
    if query is not None and query.countries:
        gpus = [gpu for gpu in gpus if catalog.places(gpu, 1, "SECURE", query.countries)]
    return answer({"gpus": [catalog.render_gpu(gpu, query) for gpu in gpus]})


def get_gpu_type(call: Call) -> Response:
    """One GPU type, 404 when there is none such."""
    gpu = call.cloud.gpu_types().get(call.id)
    if gpu is None:
        raise not_found(f"GPU type {call.id!r}")
    return answer(catalog.render_gpu(gpu, _availability_query(call.query())))


def list_data_centers(call: Call) -> Response:
    """Data centers, with their stock when asked for."""
    query = call.query()
    regions = set(filter(None, query.get("regions", "").split(",")))
    with_gpus = "GPU_AVAILABILITY" in query.get("include", "").split(",")
    centers = [
        catalog.render_data_center(center, with_gpus=with_gpus)
        for center in catalog.DATA_CENTERS.values()
        if not regions or center.region in regions
    ]
    return answer({"dataCenters": centers})


def _availability_query(query: dict[str, str]) -> catalog.AvailabilityQuery | None:
    include = query.get("include")
    if include not in (None, "AVAILABILITY"):
        raise invalid([f"include: {include!r} is not one of AVAILABILITY"])
    if include is None:
        for name in ("product", "count", "cloud", "countryCodes"):
            if name in query:
                raise Problem(400, f"{name} is valid only with include=AVAILABILITY")
        return None
    products = query.get("product", "").split(",")
    if products == [""]:
        raise Problem(400, "include=AVAILABILITY requires product")
    if unknown := set(products) - {"POD", "CLUSTER", "SERVERLESS"}:
        raise invalid([f"product: {sorted(unknown)} unknown"])
    count, cloud = query.get("count", "1"), query.get("cloud", "SECURE")
    if not count.isdigit() or int(count) < 1:
        raise invalid([f"count: must be a whole number above 0, got {count!r}"])
    if cloud not in ("SECURE", "COMMUNITY"):
        raise invalid([f"cloud: {cloud!r} is not one of SECURE, COMMUNITY"])
    countries = tuple(filter(None, query.get("countryCodes", "").split(",")))
    return catalog.AvailabilityQuery(int(count), cloud, countries)


# --- pods -------------------------------------------------------------------------------


def list_pods(call: Call) -> Response:
    """All pods that exist, less those a lagging list hides."""
    now = call.cloud.now()
    pods = listed(call, call.cloud.live(), name_of=lambda pod: pod.name)
    return answer({"pods": [render(pod, now) for pod in pods]})


def create_pod(call: Call) -> Response:
    """Rent a pod: 201, or 422, 400, 402 with nothing rented."""
    body = checks.parse_body(call.raw, checks.CREATE_POD, needs_image=True)
    pod = call.cloud.create_pod(body)
    return answer(render(pod, call.cloud.now()), 201)


def get_pod(call: Call) -> Response:
    """One pod, 404 once it is terminated."""
    return answer(render(call.cloud.pod(call.id), call.cloud.now()))


def act_on_pod(call: Call) -> Response:
    """Start, stop, restart (200) or terminate (204); 409 when its status forbids it."""
    pod = call.cloud.pod(call.id)
    action = checks.parse_body(call.raw, checks.POD_ACTION)["action"]
    call.cloud.act(pod, action)
    if action == "terminate":
        return Response(status_code=204)
    return answer(render(pod, call.cloud.now()))


def delete_pod(call: Call) -> Response:
    """Terminate a pod: 204, 404 when it is gone already."""
    call.cloud.act(call.cloud.pod(call.id), "terminate")
    return Response(status_code=204)


def stream_logs(call: Call) -> Response:
    """Its log as Server-Sent Events: a backlog, then what comes, until it ends."""
    pod = call.cloud.pod(call.id)
    query = call.query()
    source, tail = query.get("source"), query.get("tail", str(DEFAULT_TAIL))
    if source not in (None, "container", "system"):
        raise invalid([f"source: {source!r} is not one of container, system"])
    if not tail.isdigit() or int(tail) > MAX_TAIL:
        raise invalid([f"tail: must be a whole number from 0 to {MAX_TAIL}, got {tail!r}"])
    cursor = call.request.headers.get("last-event-id") or query.get("since")
    after = None
    if cursor:
        after = datetime.fromtimestamp(parse_rfc3339(cursor, "since"), tz=UTC)
    events = call.cloud.room.log(pod.id).stream(source=source, tail=int(tail), after=after)
    headers = {"Cache-Control": "no-cache", "Connection": "keep-alive"}
    headers["X-Accel-Buffering"] = "no"
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


# --- network volumes --------------------------------------------------------------------


def list_volumes(call: Call) -> Response:
    """Network volumes that exist, less those a lagging list hides."""
    volumes = listed(call, call.cloud.volumes.present(), name_of=lambda each: each.name)
    return answer({"networkVolumes": [item.render() for item in volumes]})


def create_volume(call: Call) -> Response:
    """Rent a network volume."""
    body = checks.parse_body(call.raw, checks.CREATE_VOLUME)
    cloud = call.cloud
    volume = cloud.volumes.create(body, cloud.new_id(), int(cloud.now()))
    return answer(volume.render(), 201)


def get_volume(call: Call) -> Response:
    """One network volume."""
    return answer(call.cloud.volumes.get(call.id).render())


def update_volume(call: Call) -> Response:
    """Rename or grow a network volume; 400 for a smaller size."""
    volume = call.cloud.volumes.get(call.id)
    body = checks.parse_body(call.raw, checks.UPDATE_VOLUME)
    call.cloud.volumes.update(volume, body, int(call.cloud.now()))
    return answer(volume.render())


def delete_volume(call: Call) -> Response:
    """Give a network volume up; 409 while a pod or an endpoint mounts it."""
    call.cloud.delete_volume(call.id)
    return Response(status_code=204)


# --- billing ----------------------------------------------------------------------------


def bill_pods(call: Call) -> Response:
    """Charges of pods per bucket, of one pod with podId."""
    query = call.query()
    window = billing.window_of(query, call.cloud.now())
    wanted = query.get("podId")
    rows = bill_faults.troubled(
        _pod_rows(call.cloud, window, wanted),
        call.cloud.faults,
        {pod.id: pod.name for pod in call.cloud.pods.values()},
        now=call.cloud.now(),
    )
    echo = window.shown() | {"bucketSize": window.bucket_size, "podId": wanted}
    empty = billing.pod_amounts(Charge())
    unique = ("uniquePodCount", "podId")
    return answer(billing.listing(rows, echo, empty, unique=unique))


def bill_volumes(call: Call) -> Response:
    """Charges of network volumes per bucket."""
    query = call.query()
    window = billing.window_of(query, call.cloud.now())
    wanted = query.get("networkVolumeId")
    rows = _volume_rows(call.cloud, window, wanted)
    echo = window.shown() | {"bucketSize": window.bucket_size, "networkVolumeId": wanted}
    empty = billing.volume_amounts("STANDARD", Charge())
    unique = ("uniqueNetworkVolumeCount", "networkVolumeId")
    return answer(billing.listing(rows, echo, empty, unique=unique))


def bill_serverless(call: Call) -> Response:
    """Charges of serverless endpoints per bucket."""
    query = call.query()
    window = billing.window_of(query, call.cloud.now())
    wanted = query.get("serverlessId")
    rows = _serverless_rows(call.cloud, window, wanted)
    echo = window.shown() | {"bucketSize": window.bucket_size, "serverlessId": wanted}
    unique = ("uniqueServerlessCount", "serverlessId")
    return answer(billing.listing(rows, echo, billing.SERVERLESS_AMOUNTS, unique=unique))


def bill_everything(call: Call) -> Response:
    """Charges of everything per bucket."""
    window = billing.window_of(call.query(), call.cloud.now())
    rows = billing.all_records(
        _pod_rows(call.cloud, window, None),
        _volume_rows(call.cloud, window, None),
        _serverless_rows(call.cloud, window, None),
    )
    echo = window.shown() | {"bucketSize": window.bucket_size}
    return answer(billing.listing(rows, echo, billing.ALL_AMOUNTS))


def _pod_rows(cloud: Cloud, window: billing.Window, pod_id: str | None) -> list[Any]:
    found = [pod for pod in cloud.pods.values() if pod_id in (None, pod.id)]
    run = cloud.settings.billing_run_seconds
    return billing.pod_records(window, found, int(cloud.now()), run)


def _volume_rows(cloud: Cloud, window: billing.Window, volume_id: str | None) -> list[Any]:
    found = [volume for volume in cloud.volumes.ever() if volume_id in (None, volume.id)]
    run = cloud.settings.billing_run_seconds
    return billing.volume_records(window, found, int(cloud.now()), run)


def _serverless_rows(cloud: Cloud, window: billing.Window, wanted: str | None) -> list[Any]:
    found = [item for item in cloud.endpoints.ever() if wanted in (None, item.id)]
    run = cloud.settings.billing_run_seconds
    return billing.serverless_records(window, found, int(cloud.now()), run)


# --- graphql ----------------------------------------------------------------------------


def ask_graphql(call: Call) -> Response:
    """GraphQL reports its errors in the body; RunPod sends them with status 400."""
    cloud = call.cloud
    myself: graphql.Fields = {
        "id": lambda: "user_sandbox",
        "clientBalance": cloud.shown_balance_usd,
        "currentSpendPerHr": cloud.spend_usd_per_hour,
        "spendLimit": lambda: 80,
        "pubKey": lambda: None,
    }
    try:
        body = json.loads(call.raw)
        query = body.get("query") if isinstance(body, dict) else None
        if not isinstance(query, str):
            raise graphql.QueryRefused('a body such as {"query": "..."} is wanted')
        return answer({"data": graphql.answer_query(query, myself)})
    except (ValueError, graphql.QueryRefused) as error:
        return answer({"errors": [{"message": str(error)}]}, 400)


# operationId -> method, path, handler
ROUTES: dict[str, tuple[str, str, Handler]] = {
    "listGpuTypes": ("GET", "/v2/catalog/gpus", list_gpu_types),
    "getGpuType": ("GET", "/v2/catalog/gpus/{id:path}", get_gpu_type),
    "listDataCenters": ("GET", "/v2/catalog/datacenters", list_data_centers),
    "listPods": ("GET", "/v2/pods", list_pods),
    "createPod": ("POST", "/v2/pods", create_pod),
    "getPod": ("GET", "/v2/pods/{id}", get_pod),
    "deletePod": ("DELETE", "/v2/pods/{id}", delete_pod),
    "podAction": ("POST", "/v2/pods/{id}/action", act_on_pod),
    "getPodLogs": ("GET", "/v2/pods/{id}/logs", stream_logs),
    "listNetworkVolumes": ("GET", "/v2/network-volumes", list_volumes),
    "createNetworkVolume": ("POST", "/v2/network-volumes", create_volume),
    "getNetworkVolume": ("GET", "/v2/network-volumes/{id}", get_volume),
    "updateNetworkVolume": ("PATCH", "/v2/network-volumes/{id}", update_volume),
    "deleteNetworkVolume": ("DELETE", "/v2/network-volumes/{id}", delete_volume),
    "listEndpoints": ("GET", "/v2/serverless", serverless.list_endpoints),
    "createEndpoint": ("POST", "/v2/serverless", serverless.create_endpoint),
    "getEndpoint": ("GET", "/v2/serverless/{id}", serverless.get_endpoint),
    "updateEndpoint": ("PATCH", "/v2/serverless/{id}", serverless.update_endpoint),
    "listEndpointWorkers": (
        "GET",
        "/v2/serverless/{id}/workers",
        serverless.list_workers,
    ),
    "deleteEndpoint": ("DELETE", "/v2/serverless/{id}", serverless.delete_endpoint),
    "listBilling": ("GET", "/v2/billing", bill_everything),
    "listPodBilling": ("GET", "/v2/billing/pods", bill_pods),
    "listNetworkVolumeBilling": ("GET", "/v2/billing/network-volumes", bill_volumes),
    "listServerlessBilling": ("GET", "/v2/billing/serverless", bill_serverless),
    "graphql": ("POST", "/graphql", ask_graphql),
}
