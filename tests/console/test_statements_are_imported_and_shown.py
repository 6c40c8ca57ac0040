import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from economics.models import Statement, VarianceLine
from fleet.models import Deployment
from fleet.services.roles import Role
from tests.economics.services.test_a_statement_is_matched_with_what_was_accrued import (
    accrued,
)
from tests.factories import make_user

LAST = date(2026, 2, 28)
PAGE = "/books/statements/"
IMPORT = "/books/import/statement/"
HEADER = "period,model,prompt_tokens,completion_tokens,gross_usd,net_usd\n"


@pytest.fixture
def closed(deployment: Deployment) -> Deployment:
    accrued(deployment, "10.00", day=LAST)
    return deployment


def send(client: Client, rows: str):
    file = SimpleUploadedFile("feb.csv", (HEADER + rows).encode())
    return client.post(IMPORT, {"file": file})


def confirm(client: Client, page):
    words = re.search(r'name="sealed" value="([^"]+)"', page.content.decode())
    assert words, page.content.decode()
    return client.post(f"{IMPORT}confirm/", {"sealed": words[1]}, follow=True)


def row(of: Deployment, net: str, model: str = "") -> str:
    return f"2026-02,{model or of.variant.served_model.slug},900,0,{net},{net}\n"


def test_a_statement_is_previewed_with_its_difference_then_booked(
    operator: Client, closed: Deployment
):
    page = send(operator, row(closed, "9.00") + row(closed, "0.50", "acme/nobody"))
    text = page.content.decode()
    assert "openrouter pays $9.50 for 2026-02; $10.00 was accrued" in text
    assert "No model of ours has these names: acme/nobody." in text
    assert not Statement.objects.exists()

    done = confirm(operator, page).content.decode()

    assert "a variance of −\u2060$0.50 is booked today" in done
    assert "more than 1 %: see why" in done
    assert VarianceLine.objects.count() == 2


def test_the_page_of_a_month_says_why_and_names_what_is_not_ours(
    operator: Client, closed: Deployment
):
    confirm(operator, send(operator, row(closed, "9.00") + row(closed, "0.50", "x/nobody")))

    page = operator.get(f"{PAGE}2026-02/").content.decode()
    rows = operator.get(f"{PAGE}2026-02/models.csv").content.decode().splitlines()

    assert (
        "They counted 100 tokens fewer than we metered: −\u2060$1.00 at our price." in page
    )
    assert "not ours" in page and "x/nobody" in page
    assert len(rows) == 3
    assert [line.split(",")[11] for line in rows[1:]] == ["-1.000000", "0.500000"]


def test_a_month_without_a_statement_shows_what_was_accrued(
    operator: Client, closed: Deployment
):
    assert "$10.00" in operator.get(PAGE).content.decode()
    page = operator.get(f"{PAGE}2026-02/").content.decode()
    assert "No statement of this month yet." in page
    assert (
        "Nothing was accrued or stated" in operator.get(f"{PAGE}2025-01/").content.decode()
    )


def test_a_statement_of_a_month_that_runs_is_refused(operator: Client, closed: Deployment):
    page = send(operator, row(closed, "1.00").replace("2026-02", "2026-03"))

    assert page.status_code == 422
    assert "it can be matched when 2026-03-31 is closed" in page.content.decode()


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-2", "x" * 7, "2026-02-01"])
def test_a_month_that_is_none_is_not_found(operator: Client, month: str):
    assert operator.get(f"{PAGE}{month}/").status_code == 404
    assert operator.get(f"{PAGE}{month}/models.csv").status_code == 404


def test_a_viewer_reads_and_imports_nothing(operator: Client, closed: Deployment):
    viewer = Client()
    viewer.force_login(make_user("vera", role=Role.VIEWER))

    assert viewer.get(PAGE).status_code == viewer.get(f"{PAGE}2026-02/").status_code == 200
    assert send(viewer, row(closed, "9.00")).status_code == 403
    assert viewer.post(f"{IMPORT}confirm/").status_code == 403
    assert not Statement.objects.exists()


def test_a_stranger_is_sent_to_the_login(db: None):
    for address in (PAGE, f"{PAGE}2026-02/", f"{PAGE}2026-02/models.csv", IMPORT):
        assert Client().get(address).status_code == 302
