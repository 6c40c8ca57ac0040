"""/healthz: whether this process can do its work, for load balancers and for `up`."""

from datetime import datetime

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fleet.selectors import heartbeats

BROKER_TIMEOUT_SECONDS = 2


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database and Redis answer, else 503; which one does not is in the body.

    `jobs` says whether worker and beat are heard: "silent" keeps the 200, because the
    pages that show the silence must stay reachable. Says no more than such words:
    whoever asks is not logged in.
    """
    parts = {"database": _database_answers(), "redis": _redis_answers()}
    well = all(parts.values())
    body = {name: "ok" if answers else "no answer" for name, answers in parts.items()}
    body["jobs"] = _jobs(now=timezone.now()) if parts["database"] else "no answer"
    return JsonResponse({"ok": well, **body}, status=200 if well else 503)


def _jobs(*, now: datetime) -> str:
    heartbeat = heartbeats(now=now)
    if heartbeat.is_silent:
        return "silent"
    return "partly silent" if heartbeat.silent_jobs else "ok"


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=BROKER_TIMEOUT_SECONDS,
        socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
