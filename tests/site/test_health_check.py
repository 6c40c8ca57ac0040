import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from kerne_site import places
from tests.factories import make_job_run


@pytest.mark.django_db
def test_health_is_ok_while_database_and_redis_answer(client, redis_url):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert json.loads(response.content) == {
        "ok": True,
        "database": "ok",
        "redis": "ok",
        "jobs": "silent",
    }


@pytest.mark.django_db
def test_health_says_which_part_does_not_answer(client, settings, tmp_path):
    settings.REDIS_URL = places.redis_url(tmp_path)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert json.loads(response.content) == {
        "ok": False,
        "database": "ok",
        "redis": "no answer",
        "jobs": "silent",
    }


def test_health_takes_no_post(client):
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("probed", "says"), [(timedelta(0), "ok"), (timedelta(minutes=5), "partly silent")]
)
def test_health_says_whether_jobs_are_done(client, redis_url, probed, says):
    now = timezone.now()
    make_job_run("reconcile", started_at=now)
    make_job_run("probe", started_at=now - probed)

    response = client.get("/healthz")

    assert (response.status_code, response.json()["jobs"]) == (200, says)


@pytest.mark.django_db
def test_health_without_a_database_says_so_and_nothing_else(client, redis_url, settings):
    with connection.execute_wrapper(gone):
        response = client.get("/healthz")

    body = response.json()
    assert (response.status_code, body["database"], body["jobs"]) == (
        503,
        "no answer",
        "no answer",
    )


def gone(*words: object) -> None:
    raise OperationalError("the database is gone")
