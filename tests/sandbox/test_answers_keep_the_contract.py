"""Every answer of `Sandbox.send` under /v2 is held to the contract; here each route is
asked once with success and once with an error, so that none goes unasked."""

import json

import pytest

from fleet.sandbox import checks
from fleet.sandbox.operations import ROUTES
from fleet.sandbox.problems import Problem
from tests.sandbox import contract
from tests.sandbox.harness import Sandbox, pod_body

pytestmark = pytest.mark.usefixtures("the_contract")

VOLUME = {"name": "weights", "size": 100, "dataCenter": "US-KS-2"}
ENDPOINT = {
    "name": "images",
    "image": "runpod/worker:1",
    "type": "QUEUE",
    "scaling": {"type": "QUEUE_DELAY", "queueDelay": 4},
    "gpu": {"pools": ["ADA_24"]},
}


def test_every_operation_has_the_path_and_name_of_the_contract():
    known = {
        operation["operationId"]: (method.upper(), path)
        for path, operations in contract.load()["paths"].items()
        for method, operation in operations.items()
        if "operationId" in operation
    }
    for name, (method, path, _) in ROUTES.items():
        if name != "graphql":
            assert known[name] == (method, path.replace(":path", ""))


def test_the_catalog_is_shown_with_and_without_stock(sandbox: Sandbox):
    asked = "?include=AVAILABILITY&product=POD"
    for path in ("/v2/catalog/gpus", "/v2/catalog/gpus/NVIDIA%20H200"):
        sandbox.ask("GET", path)
        sandbox.ask("GET", path + asked)
        sandbox.ask("GET", path + asked + "&count=8&cloud=COMMUNITY&countryCodes=US")
    sandbox.ask("GET", "/v2/catalog/gpus/none", status=404)
    sandbox.ask("GET", "/v2/catalog/gpus?include=AVAILABILITY", status=400)
    sandbox.ask("GET", "/v2/catalog/gpus?include=PRICES", status=422)
    sandbox.ask("GET", "/v2/catalog/datacenters")
    sandbox.ask("GET", "/v2/catalog/datacenters?include=GPU_AVAILABILITY&regions=EUROPE")


def test_a_pod_is_shown_in_every_status(sandbox: Sandbox):
    pod = sandbox.create(mounts={"persistent": {"size": 20, "path": "/workspace"}})
    for status in ("PROVISIONING", "STARTING", "RUNNING"):
        assert sandbox.pod(pod["id"])["status"] == status
        assert len(sandbox.ask("GET", "/v2/pods")["pods"]) == 1
        sandbox.clock.forward(seconds=1)
    for action in ("restart", "stop", "start"):
        sandbox.act(pod["id"], action)
    sandbox.clock.forward(seconds=2)
    sandbox.order({"kind": "error"})
    assert sandbox.pod(pod["id"])["status"] == "ERROR"
    sandbox.act(pod["id"], "terminate")


@pytest.mark.parametrize("path", ["", "/action", "/logs"])
def test_an_unknown_pod_is_not_found(sandbox: Sandbox, path):
    body = {"action": "stop"} if path == "/action" else None
    method = "POST" if path == "/action" else "GET"
    sandbox.ask(method, "/v2/pods/unknown" + path, body, status=404)
    sandbox.ask("DELETE", "/v2/pods/unknown", status=404)


def test_volumes_and_endpoints_live_and_die(sandbox: Sandbox):
    for path, body in (("/v2/network-volumes", VOLUME), ("/v2/serverless", ENDPOINT)):
        made = sandbox.ask("POST", path, body, status=201)
        sandbox.ask("GET", path)
        assert sandbox.ask("GET", f"{path}/{made['id']}") == made
        sandbox.ask("POST", path, body | {"bogus": 1}, status=422)
        sandbox.ask("DELETE", f"{path}/{made['id']}", status=204)
        sandbox.ask("GET", f"{path}/{made['id']}", status=404)
        sandbox.ask("DELETE", f"{path}/{made['id']}", status=404)


@pytest.mark.parametrize("kind", ["", "/pods", "/network-volumes", "/serverless"])
def test_billing_is_shown_in_every_bucket_size(sandbox: Sandbox, kind):
    sandbox.create()
    sandbox.ask("POST", "/v2/network-volumes", VOLUME, status=201)
    sandbox.clock.forward(hours=30)
    for size in ("hour", "day", "week", "month", "year"):
        sandbox.ask("GET", f"/v2/billing{kind}?bucketSize={size}&lastN=3")
    sandbox.ask("GET", f"/v2/billing{kind}")
    sandbox.ask("GET", f"/v2/billing{kind}?bucketSize=fortnight", status=422)
    sandbox.ask(
        "GET", f"/v2/billing{kind}?lastN=2&endTime=2026-03-01T00:00:00Z", status=400
    )


@pytest.mark.parametrize(("status", "kind"), [(400, "no_capacity"), (402, "low_balance")])
def test_refusals_by_fault_keep_the_contract_too(sandbox: Sandbox, status, kind):
    sandbox.order({"kind": kind})
    sandbox.ask("POST", "/v2/pods", pod_body(), status=status)


CREATE_BODIES = [
    pod_body(),
    pod_body(gpu=None),
    pod_body(image=None),
    pod_body(image=None, templateId="t1"),
    pod_body(name=""),
    pod_body(args=None, disk=None, env=None, ports=None, cloud=None),
    pod_body(disk=0),
    pod_body(disk="40"),
    pod_body(disk=40.0),
    pod_body(env={"A": 1}),
    pod_body(ports="8000/http"),
    pod_body(cloud="PRIVATE"),
    pod_body(gpu={"id": "NVIDIA H200", "count": 0}),
    pod_body(gpu={"id": "NVIDIA H200", "gpuCount": 2}),
    pod_body(gpu={"id": "NVIDIA H200", "allowedCudaVersions": ["12"]}),
    pod_body(gpu={"count": 2}),
    pod_body(gpuTypeId="NVIDIA H200"),
    pod_body(interruptible=True),
    pod_body(mounts={"persistent": {"size": 5, "path": "/w"}}),
    pod_body(mounts={"network": [{"volumeId": "v", "path": "/w"}]}),
    pod_body(mounts={"network": [{"volumeId": "v", "path": "/w"}] * 2}),
    pod_body(mounts={"network": [{"volumeId": "v"}]}),
    pod_body(cpu={"id": "cpu5c", "vcpuCount": 1}),
    pod_body(startSsh="yes"),
    {},
    [],
]


@pytest.mark.parametrize("body", CREATE_BODIES)
def test_a_create_body_is_refused_exactly_when_the_contract_refuses_it(body):
    try:
        checks.parse_body(json.dumps(body).encode(), checks.CREATE_POD, needs_image=True)
        refused = False
    except Problem as problem:
        refused = problem.status == 422
    assert refused == bool(contract.request_violations("POST", "/v2/pods", body))


ENDPOINT_BODIES = [
    ENDPOINT,
    ENDPOINT | {"workers": {"min": 0, "max": 2, "idleTimeout": 5}, "networkVolumes": ["v"]},
    ENDPOINT | {"workers": {"min": -1}},
    ENDPOINT | {"workers": {"idleTimeout": 0}},
    ENDPOINT | {"workers": {"most": 3}},
    ENDPOINT | {"gpu": {"pools": []}},
    ENDPOINT | {"gpu": {"count": 1}},
    ENDPOINT | {"scaling": {"type": "QUEUE_DELAY", "queueDelay": 0}},
    ENDPOINT | {"scaling": {"type": "REQUEST_COUNT", "requestCount": 2}},
    ENDPOINT | {"scaling": {"type": "REQUEST_COUNT", "queueDelay": 2}},
    ENDPOINT | {"flashboot": "ON"},
    ENDPOINT | {"timeout": "300"},
    {},
]


@pytest.mark.parametrize("body", ENDPOINT_BODIES)
def test_an_endpoints_body_is_refused_exactly_when_the_contract_refuses_it(body):
    for method, path, check, needs_image in (
        ("POST", "/v2/serverless", checks.CREATE_ENDPOINT, True),
        ("PATCH", "/v2/serverless/x", checks.UPDATE_ENDPOINT, False),
    ):
        sent = {key: value for key, value in body.items() if key != "type"}
        sent = body if method == "POST" else sent
        try:
            checks.parse_body(json.dumps(sent).encode(), check, needs_image=needs_image)
            refused = False
        except Problem as problem:
            refused = problem.status == 422
        assert refused == bool(contract.request_violations(method, path, sent)), method
