"""Every address of the API. A new endpoint is one line in ENDPOINTS."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path, re_path

from kerne_site.api import Asked, Endpoint, api_view
from kerne_site.api import schemas as s
from kerne_site.api.door import nothing_here
from kerne_site.api.endpoints.actions import (
    ACTION_CANCEL,
    ACTION_CONFIRM,
    ACTION_GET,
    ACTION_PLAN_POST,
)
from kerne_site.api.endpoints.actions_together import TOGETHER_CONFIRM, TOGETHER_PLAN
from kerne_site.api.endpoints.cash import CASH
from kerne_site.api.endpoints.decide import DECIDE
from kerne_site.api.endpoints.expenses import EXPENSES
from kerne_site.api.endpoints.fleets import FLEETS
from kerne_site.api.endpoints.models import MODELS
from kerne_site.api.endpoints.offers import OFFERS
from kerne_site.api.endpoints.plan import PLAN
from kerne_site.api.endpoints.prices import PRICES
from kerne_site.api.endpoints.profit import PROFIT
from kerne_site.api.endpoints.profit_bars import PROFIT_BARS, PROFIT_LINES
from kerne_site.api.endpoints.schedules import SCHEDULE, SCHEDULES
from kerne_site.api.endpoints.sizing import SIZING
from kerne_site.api.endpoints.statements import STATEMENTS
from kerne_site.api.endpoints.usage import USAGE
from kerne_site.api.openapi import DESCRIPTION, description


@api_view()
def index(request: HttpRequest) -> dict[str, Any]:
    """What there is, one line each."""
    Asked(request.GET).check()
    return {
        "endpoints": [
            {"method": each.method, "path": each.address, "description": each.line}
            for each in ENDPOINTS
        ]
    }


@api_view()
def openapi(request: HttpRequest) -> dict[str, Any]:
    """The same for programs."""
    Asked(request.GET).check()
    return description(ENDPOINTS)


ENDPOINTS = (
    Endpoint(
        path="",
        view=index,
        line="This list.",
        answer=s.record(
            endpoints=s.many(s.record(method=s.TEXT, path=s.TEXT, description=s.TEXT))
        ),
    ),
    Endpoint(
        path="openapi.json",
        view=openapi,
        line="The same list for programs, as OpenAPI 3.1.",
        answer=DESCRIPTION,
    ),
    FLEETS,
    PROFIT,
    PROFIT_BARS,
    PROFIT_LINES,
    USAGE,
    PRICES,
    CASH,
    STATEMENTS,
    EXPENSES,
    PLAN,
    DECIDE,
    SCHEDULES,
    SCHEDULE,
    SIZING,
    OFFERS,
    MODELS,
    ACTION_PLAN_POST,
    ACTION_CONFIRM,
    TOGETHER_PLAN,
    TOGETHER_CONFIRM,
    ACTION_GET,
    ACTION_CANCEL,
)

app_name = "api"
urlpatterns = [
    *(path(f"v1/{each.route}", each.view, name=each.name) for each in ENDPOINTS),
    re_path("", nothing_here, name="nothing"),  # last: everything else below /api/
]
