"""Known secrets are planted, everything is used, and then everything is searched."""

import io
import json
import logging
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from fleet.cloud import current_provider
from fleet.models import Pod
from fleet.services import audit_chain, stored_secrets
from kerne_site.celery import app
from kerne_site.logs import LineFormatter
from kerne_site.models import Authenticator
from tests.access.addresses import all_addresses
from tests.access.codes import code_of
from tests.factories import NOW

POD_KEY = "sk-planted-POD-0123456789abcdef"
RUNPOD_KEY = "rpa_PLANTEDENV0123456789"
STORED_KEY = "rpa_PLANTEDSTORED0123456789"
PASSWORD = "planted horse battery 42"


@pytest.fixture
def log():
    """All that is logged, on every level, in the form in which it is written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LineFormatter([RUNPOD_KEY]))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def messages():
    """The bodies of all task messages that are published."""
    from celery.signals import before_task_publish

    seen: list[str] = []

    def note(body=None, headers=None, **_):
        seen.append(json.dumps([body, headers], default=str))

    before_task_publish.connect(note, weak=False)
    yield seen
    before_task_publish.disconnect(note)


def whole_database() -> str:
    """Every row of every table as text, as a dump has them."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [f"{table}: {row[0]}" for row in cursor.fetchall()]
    return "\n".join(found)


def read_everything(client: Client, pod: Pod) -> str:
    """Every page that an admin may open, one after the other."""
    pages = []
    for address in all_addresses():
        if address.name in ("login-link", "fleet:pod-log", "fleet:pod-log-text"):
            continue
        pk = pod.deployment_id if "deployment" in address.name else pod.pk
        answer = client.get(address.path(pk=pk))
        if not answer.streaming:
            pages.append(answer.content.decode())
    return "\n".join(pages)


def test_no_planted_secret_is_in_pages_logs_messages_or_database(
    db, pod, log, messages, settings
):
    settings.RUNPOD_API_KEY = RUNPOD_KEY
    Pod.objects.filter(pk=pod.pk).update(api_key=POD_KEY)
    pod.refresh_from_db()
    User.objects.create_superuser("owner", password=PASSWORD)
    client, pages = Client(), []

    def did(address: str, **fields: str) -> str:
        pages.append(client.post(address, fields, follow=True).content.decode())
        return pages[-1]

    did("/login/", username="owner", password="wrong planted horse")
    did("/login/", username="owner", password=PASSWORD)
    did("/settings/keys/", value=STORED_KEY)
    did("/settings/keys/", value=STORED_KEY + " with blanks")
    token = re.search(r"kerne_[0-9a-f]{12}_([0-9a-f]{64})", _token_page(client))
    did("/account/security/begin/")
    device = Authenticator.objects.get()
    shown_once = did("/account/security/finish/", code=code_of(device))
    codes = re.findall(r"^(?:.*>)?([a-z2-9]{5}-[a-z2-9]{5})(?:<.*)?$", shown_once, re.M)
    invitation = _invitation(client)
    did(reverse("fleet:job-run", args=["fleet.tasks.reconcile"]))
    Client(headers={"Authorization": f"Bearer {token[0]}"}).get("/api/v1/fleets")
    assert stored_secrets.read(stored_secrets.RUNPOD) == STORED_KEY
    logging.getLogger("fleet").error("refused: %r %s", current_provider(), pod.api_key)
    audit_chain.seal(now=NOW)
    seen_later = read_everything(client, pod)

    secrets = {
        "pod key": POD_KEY,
        "RunPod key": RUNPOD_KEY,
        "stored key": STORED_KEY,
        "password": PASSWORD,
        "API token": token[1],
        "seed": device.key,
        "seed in base32": device.secret.replace(" ", ""),
        "invitation": invitation,
        "session": client.session.session_key,
    } | {f"recovery code {n}": code for n, code in enumerate(codes)}
    assert len(codes) == 10
    places = {
        "pages": seen_later,
        "log": log.getvalue(),
        "task messages": "\n".join(messages),
        "database": whole_database(),
    }
    assert len(places["log"]) > 200 and len(places["pages"]) > 10_000 and messages
    assert pod.name in places["database"] and pod.name in places["pages"]
    assert "RunPodProvider" in places["log"]
    hits = [
        f"{what} in {where}"
        for where, text in places.items()
        for what, secret in secrets.items()
        if secret in text
        # Whoever reads the session table is inside already: cookies are its keys.
        and (what, where) != ("session", "database")
    ]
    assert hits == []
    assert app.conf.task_serializer == "json"


def _token_page(client: Client) -> str:
    made = {"name": "report", "days": "9", "scope": "operate"}
    return client.post("/account/tokens/", made).content.decode()


def _invitation(client: Client) -> str:
    page = client.post("/account/people/", {"username": "grace", "role": "viewer"})
    found = re.search(r"/login/([A-Za-z0-9_-]{40,})", page.content.decode())
    assert found
    return found[1]
