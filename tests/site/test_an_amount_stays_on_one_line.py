"""A line is never broken between the sign of an amount and its dollar."""

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from fleet.services import audit
from fleet.services.roles import Role
from kerne_site.amounts import AmountsMiddleware
from tests.clock import NOON
from tests.factories import make_user

JOINED = "−\u2060$1.23"


def answered(response: HttpResponse) -> HttpResponse:
    def view(request: HttpRequest) -> HttpResponse:
        return response

    return AmountsMiddleware(view)(RequestFactory().get("/"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Lost −$1.23 a day.", f"Lost {JOINED} a day."),
        ("+$1.23, then −$4.10", "+\u2060$1.23, then −\u2060$4.10"),
        ("$1.23 − $4.10 is no sign", "$1.23 − $4.10 is no sign"),
        ("−5 °C", "−5 °C"),
    ],
)
def test_the_sign_of_an_amount_is_joined_to_it(text: str, shown: str):
    assert answered(HttpResponse(text)).content.decode() == shown


@pytest.mark.parametrize("kind", ["text/csv", "application/json", "text/plain"])
def test_what_is_no_page_stays_as_it_is(kind: str):
    answer = answered(HttpResponse("−$1.23", content_type=kind))

    assert answer.content.decode() == "−$1.23"


def test_a_stream_is_not_read():
    answer = answered(StreamingHttpResponse(["−$1.23".encode()]))

    assert answer.streaming


@pytest.mark.django_db
def test_every_page_goes_through_it_and_its_length_is_right():
    client = Client()
    client.force_login(make_user("ada", role=Role.ADMIN))
    audit.record("book", "it", acting_user="ada", now=NOON, words="−$1.23")

    answer = client.get("/audit/")

    assert JOINED in answer.content.decode()
    assert "−$1.23" not in answer.content.decode()
    assert int(answer["Content-Length"]) == len(answer.content)
    assert JOINED not in client.get("/audit/audit.csv").content.decode()
