import json

import pytest

from kerne_site import places


@pytest.mark.django_db
def test_health_is_ok_while_database_and_redis_answer(client, redis_url):
    response = client.get("/healthz")

    assert response.status_code == 200
    assert json.loads(response.content) == {"ok": True, "database": "ok", "redis": "ok"}


@pytest.mark.django_db
def test_health_says_which_part_does_not_answer(client, settings, tmp_path):
    settings.REDIS_URL = places.redis_url(tmp_path)

    response = client.get("/healthz")

    assert response.status_code == 503
    assert json.loads(response.content) == {
        "ok": False,
        "database": "ok",
        "redis": "no answer",
    }


def test_health_takes_no_post(client):
    assert client.post("/healthz").status_code == 405
