"""Files that no gateway and no marketplace writes: each is refused, none breaks a page."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from economics.models import BookImport
from fleet.models import Deployment

HEADER = "request_id,ended_at,deployment,prompt_tokens,completion_tokens,metadata\n"
DEEP = "[" * 50_000


def entry(**columns: object) -> bytes:
    request = {
        "request_id": "r1",
        "ended_at": timezone.now().isoformat(),
        "deployment": "llama-a",
        "prompt_tokens": 1,
        "completion_tokens": 1,
    }
    return json.dumps(request | columns).encode()


def sent(client: Client, kind: str, content: bytes) -> str:
    file = SimpleUploadedFile("a-file", content)
    page = client.post(f"/books/import/{kind}/", {"file": file})
    assert page.status_code == 422
    assert not BookImport.objects.exists()
    return page.content.decode()


@pytest.mark.parametrize("column", ["request_id", "deployment", "model", "api_base"])
def test_half_a_character_in_a_log_is_named(
    operator: Client, deployment: Deployment, column: str
):
    said = sent(operator, "requests", entry(**{"deployment": "", column: "\ud800"}))

    assert column in said and "there is half a character" in said


def test_details_that_are_nested_without_end_are_named(
    operator: Client, deployment: Deployment
):
    csv = f"{HEADER}r1,2026-11-09,llama-a,1,1,{DEEP}\n".encode()

    assert "it is not JSON" in sent(operator, "requests", csv)
    assert "it is not JSON" in sent(operator, "requests", entry(metadata=DEEP))


@pytest.mark.parametrize("period", ["9999-12", "9999-12-31"])
def test_a_statement_of_the_last_month_of_all_is_not_due(
    operator: Client, deployment: Deployment, period: str
):
    rows = f"period,model,gross_usd,net_usd\n{period},a-model,1,1\n".encode()

    assert "write a month" in sent(operator, "statement", rows)


def test_the_page_of_the_last_month_of_all_is_not_there(operator: Client, db: None):
    assert operator.get("/books/statements/9999-12/").status_code == 404
