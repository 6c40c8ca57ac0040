import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from openapi_core import OpenAPI

from kerne_site.api.openapi import description
from kerne_site.api.urls import ENDPOINTS
from tests.api.addresses import READS, asked_rightly
from tests.factories import make_orphan, make_requested_pod

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"


def test_the_page_lists_every_address_and_no_other():
    page = (DOCS / "api.md").read_text()

    listed = re.findall(r"^\| `(GET|POST) (/api/v1/[^`?]*)", page, flags=re.MULTILINE)
    assert listed == [(each.method, each.address) for each in ENDPOINTS]


def test_the_stored_description_is_that_of_the_code():
    stored = json.loads((DOCS / "openapi.json").read_text())

    assert stored == json.loads(json.dumps(description(ENDPOINTS)))


def test_the_description_is_valid_openapi():
    OpenAPI.from_dict(json.loads(json.dumps(description(ENDPOINTS))))


def test_the_list_of_addresses_has_a_line_for_each(script):
    listed = script.get("/api/v1/").json()["endpoints"]

    assert [each["path"] for each in listed] == [each.address for each in ENDPOINTS]


@pytest.mark.parametrize("endpoint", READS, ids=[each.name for each in READS])
def test_an_answer_has_every_field_told_and_no_other(script, pod, closed_day, endpoint):
    make_requested_pod(deployment=pod.deployment)
    make_orphan()

    body = script.get(asked_rightly(endpoint)).json()

    Draft202012Validator(json.loads(json.dumps(endpoint.answer))).validate(body)


def test_a_refusal_is_as_described(script):
    schema = description(ENDPOINTS)["components"]["schemas"]["Problem"]

    body = script.get("/api/v1/profit?from=x").json()

    Draft202012Validator(json.loads(json.dumps(schema))).validate(body)
