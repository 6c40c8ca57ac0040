"""The style guide: every part of the console on one page, with what it is for.

Only where play money is used or DEBUG is on: its figures are examples and must not be
taken for the books.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.unknown import Unknown
from fleet.access import viewer_required

COLOURS = (  # token, what it is for
    ("--bg", "behind everything"),
    ("--surface", "cards, the bar"),
    ("--sunken", "tracks, code, hover"),
    ("--line", "borders"),
    ("--line-strong", "borders of fields"),
    ("--ink", "text"),
    ("--ink-2", "second text"),
    ("--ink-3", "units, ages"),
    ("--accent", "links, the main button"),
    ("--accent-soft", "what is chosen"),
    ("--gain", "money gained"),
    ("--loss", "money lost"),
    ("--danger", "ends or spends"),
    ("--warn-line", "needs a look"),
    ("--focus", "where the keyboard is"),
    ("--healthy", "state healthy"),
    ("--degraded", "state degraded"),
    ("--down", "state down"),
    ("--starting", "state starting"),
    ("--stopped", "state stopped"),
    ("--unknown", "state unknown"),
    ("--chart-revenue", "revenue in charts"),
    ("--chart-cost", "cost in charts"),
    ("--chart-profit", "profit in charts"),
    ("--chart-break-even", "the break-even line"),
)
TYPE = (
    ("h1", "21 px", "The page's name or its finding"),
    ("h2", "15 px", "The title of a card"),
    ("h3", "13 px", "A part of a card"),
    ("p", "14 px", "Text; numbers stand in columns of equal digits"),
    ("small", "12.5 px", "What explains: class small"),
)
SPACES = ("4 px", "8 px", "16 px", "20 px")
STATES = (
    ("healthy", "serves"),
    ("degraded", "serves slowly"),
    ("down", "does not answer"),
    ("starting", "on its way"),
    ("stopped", "off by wish"),
    ("unknown", "not heard of"),
)
TAGS = ("measured", "billed", "accrued", "estimated", "simulated")
PROFITS = (Decimal("-4.10"), Decimal("2.35"), None, Decimal("12.00"), Decimal("8.80"))
NOT_CLOSED = Unknown("the day is not closed yet")


class ExampleForm(forms.Form):
    """A field that is right and one that is wrong."""

    name = forms.CharField(label="Name", required=False)
    replicas = forms.CharField(label="Replicas", required=False)

    def clean_replicas(self) -> str:
        raise forms.ValidationError("Replicas is many; write a whole number such as 2.")


@require_GET
@viewer_required
def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component with the name of its template; 404 on an account of real money."""
    if not (settings.DEBUG or settings.KERNE_SANDBOX):
        raise Http404("the style guide is shown with play money only")
    now = timezone.now()
    context: dict[str, Any] = {
        "now": now,
        "colours": COLOURS,
        "type": TYPE,
        "spaces": SPACES,
        "states": STATES,
        "tags": TAGS,
        "profits": list(PROFITS),
        "gained": Decimal("1234.567"),
        "lost": Decimal("-4.10"),
        "rate": Decimal("1.49"),
        "price": Decimal("0.0000027500000000000004"),
        "count": 48_210_377,
        "share": Decimal("0.6249"),
        "unknown": NOT_CLOSED,
        "before": now - timedelta(minutes=4, seconds=10),
        "form": ExampleForm({"name": "nightly report", "replicas": "many"}),
        "bar": {
            "words": "weights 16.1 GiB, KV cache 4.9 GiB, spare 3.0 GiB",
            "budget": 90,
            "budget_words": "to be used at most: 21.6 GiB",
            "parts": (
                {"colour": 1, "left": 0, "width": 67, "words": "weights 16.1 GiB"},
                {"colour": 5, "left": 67, "width": 20.5, "words": "KV cache 4.9 GiB"},
                {"colour": 6, "left": 87.5, "width": 12.5, "words": "spare 3.0 GiB"},
            ),
        },
    }
    return render(request, "styleguide.html", context)
