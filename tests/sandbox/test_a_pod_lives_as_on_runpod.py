import pytest

from tests.sandbox.harness import Sandbox, pod_body


def test_a_new_pod_is_provisioned_started_and_running(sandbox: Sandbox):
    pod = sandbox.create()
    seen = [(pod["status"], pod["startedAt"])]
    for _ in range(2):
        sandbox.clock.forward(seconds=1)
        seen.append((sandbox.pod(pod["id"])["status"], sandbox.pod(pod["id"])["startedAt"]))

    assert seen == [
        ("PROVISIONING", None),
        ("STARTING", "2026-03-10T12:00:01Z"),
        ("RUNNING", "2026-03-10T12:00:01Z"),
    ]


def test_a_terminated_pod_is_gone_but_stays_in_billing(sandbox: Sandbox):
    pod = sandbox.create()
    sandbox.clock.forward(seconds=60)
    sandbox.ask("DELETE", f"/v2/pods/{pod['id']}", status=204)

    assert sandbox.ask("GET", "/v2/pods") == {"pods": []}
    sandbox.ask("GET", f"/v2/pods/{pod['id']}", status=404)
    sandbox.ask("DELETE", f"/v2/pods/{pod['id']}", status=404)
    records = sandbox.ask("GET", f"/v2/billing/pods?podId={pod['id']}")["records"]
    assert records[0]["totalAmount"] > 0


@pytest.mark.parametrize(
    ("status", "forbidden"),
    [("PROVISIONING", "restart"), ("RUNNING", "start"), ("EXITED", "stop")],
)
def test_an_action_the_status_forbids_is_a_conflict(sandbox: Sandbox, status, forbidden):
    pod = sandbox.create()
    if status != "PROVISIONING":
        sandbox.clock.forward(seconds=2)
    if status == "EXITED":
        sandbox.act(pod["id"], "stop")

    problem = sandbox.ask(
        "POST", f"/v2/pods/{pod['id']}/action", {"action": forbidden}, status=409
    )

    assert status in problem["detail"]
    assert forbidden not in sandbox.pod(pod["id"])["actions"]


def test_two_pods_may_bear_one_name(sandbox: Sandbox):
    assert sandbox.create("twin")["id"] != sandbox.create("twin")["id"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"gpu": {"id": "NVIDIA H200", "count": 9}}, "exceeds 8"),
        ({"gpu": {"id": "NVIDIA H900"}}, "unknown GPU type"),
        ({"gpu": {"id": "NVIDIA B300 SXM6 AC"}, "cloud": "COMMUNITY"}, "not offered"),
        ({"gpu": None}, "exactly one of gpu and cpu"),
        ({"dataCenterIds": ["US-XX-9"]}, "unknown data center"),
        ({"gpu": {"id": "NVIDIA L40S"}, "dataCenterIds": ["US-CA-2"]}, "no machine"),
        ({"mounts": {"network": [{"volumeId": "v", "path": "/w"}]}}, "not found"),
    ],
)
def test_a_rule_or_a_lack_of_capacity_is_a_bad_request(sandbox: Sandbox, changes, told):
    problem = sandbox.ask("POST", "/v2/pods", pod_body(**changes), status=400)

    assert told in problem["detail"]
    assert sandbox.ask("GET", "/v2/pods") == {"pods": []}
    assert sandbox.ask("GET", "/sandbox/truth")["create_attempts"]["total"] == 1


def test_a_pod_goes_where_its_network_volume_is(sandbox: Sandbox):
    body = {"name": "weights", "size": 10, "dataCenter": "US-KS-2"}
    volume = sandbox.ask("POST", "/v2/network-volumes", body, status=201)
    mounts = {"network": [{"volumeId": volume["id"], "path": "/w"}]}

    assert sandbox.create(mounts=mounts)["dataCenterId"] == "US-KS-2"
    path = f"/v2/network-volumes/{volume['id']}"
    assert "is mounted by" in sandbox.ask("DELETE", path, status=409)["detail"]


@pytest.mark.parametrize("key", [None, "", "bad-key"])
@pytest.mark.parametrize("path", ["/v2/pods", "/sandbox/truth", "/sandbox/faults"])
def test_nothing_is_told_without_a_good_key(sandbox: Sandbox, key, path):
    response = sandbox.send("GET", path, key=key)

    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


def test_the_quota_is_told_and_kept(start_sandbox):
    sandbox = start_sandbox(requests_per_minute=2)
    first = sandbox.send("GET", "/v2/pods")
    assert first.headers["RateLimit"].startswith('"minute";r=1;t=60')
    assert first.headers["RateLimit-Policy"].startswith('"minute";q=2;w=60')
    sandbox.send("GET", "/v2/pods")

    refused = sandbox.send("GET", "/v2/pods")

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    sandbox.clock.forward(seconds=60)
    assert sandbox.send("GET", "/v2/pods").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v2/templates", 404), ("PUT", "/v2/pods", 405)]
)
def test_what_the_sandbox_lacks_it_says(sandbox: Sandbox, method, path, status):
    assert "offer" in sandbox.http.request(method, sandbox.url + path).json()["detail"]
    assert sandbox.http.request(method, sandbox.url + path).status_code == status


@pytest.mark.parametrize(
    "query",
    [
        "mutation { podTerminate }",
        "{ myself }",
        "{ myself { nope } }",
        "{ pods { id } }",
        "{ myself { clientBalance }",
        "",
    ],
)
def test_a_graphql_question_without_answer_is_an_error_in_the_body(sandbox: Sandbox, query):
    answer = sandbox.ask("POST", "/graphql", {"query": query}, status=400)

    assert answer["errors"][0]["message"]


def test_the_runpod_package_reads_an_endpoints_health(sandbox: Sandbox):
    body = {
        "name": "images",
        "image": "runpod/worker:1",
        "type": "QUEUE",
        "scaling": {"type": "QUEUE_DELAY", "queueDelay": 4},
        "gpu": {"pools": ["ADA_24"]},
    }
    made = sandbox.ask("POST", "/v2/serverless", body, status=201)
    assert made["requestUrls"]["health"] == f"{sandbox.url}/v2/{made['id']}/health"
    key = {"Authorization": "Bearer sandbox-key"}

    health = sandbox.http.get(made["requestUrls"]["health"], headers=key).json()

    assert health["jobs"]["inQueue"] == health["workers"]["running"] == 0
