from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import make_deployment, make_orphan, make_pod, make_requested_pod
from tests.fleet.services.resource_rows import make_endpoint, serverless_columns

BUDGET = 12


def test_a_pod_costs_its_rate_and_its_disk(script, pod):
    body = script.get("/api/v1/fleets").json()

    (fleet,) = [each for each in body["fleets"] if each["slug"] == "tier-1"]
    (deployment,) = fleet["deployments"]
    (told,) = deployment["pods"]
    assert told["usd_per_hour"] == "0.75000000"
    assert deployment["usd_per_hour"] == fleet["usd_per_hour"] == "0.75000000"
    assert body["fleets_usd_per_hour"] == "0.75000000"
    assert (told["status"], told["state"]["kind"]) == ("serving", "healthy")
    assert (deployment["slug"], deployment["replicas_wanted"]) == ("llama-a", 1)
    assert told["tokens_per_minute"] is None
    assert told["tokens_per_minute_unknown_because"] == (
        "no engine sample in the last 5 minutes"
    )


def test_the_key_of_a_pod_is_never_told(script, pod):
    assert pod.api_key not in script.get("/api/v1/fleets").content.decode()


def test_a_pod_that_is_only_wanted_has_no_rate_yet(script, pod):
    wanted = make_requested_pod(deployment=pod.deployment)

    body = script.get("/api/v1/fleets").json()

    pods = body["fleets"][0]["deployments"][0]["pods"]
    (told,) = [each for each in pods if each["name"] == wanted.name]
    assert told["usd_per_hour"] is None
    assert "nothing is rented yet" in told["usd_per_hour_unknown_because"]
    assert told["is_quote"] is True


def test_a_pod_that_nobody_wants_is_told_beside_the_fleets(script, pod):
    make_orphan()

    body = script.get("/api/v1/fleets").json()

    assert body["orphans_usd_per_hour"] == "2.69000000"
    assert body["fleets_usd_per_hour"] == "0.75000000"
    assert len(body["orphans"]) == 1


def test_a_larger_fleet_needs_no_more_queries(script, pod):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            script.get("/api/v1/fleets")
        counts.append(len(queries))
        for _ in range(5):
            make_pod(deployment=pod.deployment)

    # The first use of the token is noted, the second, in the same minute, is not.
    assert counts[0] <= BUDGET
    assert counts[1] <= counts[0]


def test_a_serverless_deployment_tells_its_endpoint_and_why_it_has_no_tokens(script, pod):
    deployment = make_deployment(
        slug="chat", fleet=pod.deployment.fleet, **serverless_columns()
    )
    make_endpoint(deployment=deployment, is_rental=True, status="live", workers_seen=2)

    body = script.get("/api/v1/fleets").json()

    deployments = body["fleets"][0]["deployments"]
    (told,) = [each for each in deployments if each["slug"] == "chat"]
    endpoint = told["endpoint"]
    assert (told["rental_kind"], told["pods"]) == ("serverless", [])
    assert told["usd_per_hour"] == endpoint["usd_per_hour"] == "2.23200000"
    assert (endpoint["workers"], endpoint["usd_per_hour_most"]) == (2, "3.34800000")
    assert endpoint["jobs_queued"] is None
    assert endpoint["jobs_queued_unknown_because"] == "its health was not told yet"
    assert "serverless workers" in endpoint["tokens_unknown_because"]
