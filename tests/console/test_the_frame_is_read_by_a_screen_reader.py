"""What a screen reader needs of the frame: landmarks, headers with words, named buttons."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.models import BillingObservation
from fleet.services.roles import Role
from kerne_site.places import ROOT
from tests.factories import make_user

EMPTY_HEADER = re.compile(r"<th[^>]*>\s*</th>")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_header_of_a_table_is_empty(path):
    assert not EMPTY_HEADER.search(path.read_text())


def test_the_ribbon_is_a_landmark_with_a_name(operator: Client):
    page = operator.get("/jobs/").content.decode()

    assert '<aside class="ribbon" aria-label="Kind of data">' in page
    assert page.count("<aside") == page.count("</aside>")


@pytest.mark.parametrize(
    ("role", "word"), [(Role.OPERATOR, "Stop"), (Role.VIEWER, "Allowed")]
)
def test_the_spending_switch_has_a_short_word_for_a_phone(db: None, role: Role, word: str):
    client = Client()
    client.force_login(make_user("ada", role=role))

    page = client.get("/jobs/").content.decode()

    assert f'<span class="switch-short">{word}</span>' in page


def test_a_bill_that_no_pod_explains_leads_to_where_a_pod_is_ended(operator: Client):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    BillingObservation.objects.create(
        provider="sandbox",
        provider_pod_id="stranger",
        bucket_start=hour,
        bucket_end=hour + timedelta(hours=1),
        gpu_usd=Decimal("2"),
        disk_usd=Decimal(0),
        total_usd=Decimal("2"),
        observed_at=timezone.now(),
    )

    alarms = operator.get("/overview/alarms/").content.decode()

    line = alarms[alarms.index("stranger") :]
    assert '<a href="/fleet/">Look at the pods</a>' in line[: line.index("</p>")]
