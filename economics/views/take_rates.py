"""The take rate: what the marketplace keeps, by day, and a form for the next one."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from economics.calc.hours import day_of
from economics.models import DEFAULT_MARKET, TakeRate
from economics.selectors.take_rates import TakeRates
from economics.services.take_rates import TakeRateRefused, first_free_day, set_take_rate
from fleet.access import operator_to_post
from fleet.forms import DayField, NumberField, TakesRefusal


class TakeRateForm(TakesRefusal, forms.Form):
    """A new share of gross revenue from a day on; an empty day is the first free one."""

    rate = NumberField(label="Take rate", example="0.055")
    valid_from = DayField(label="From")


@require_http_methods(["GET", "POST"])
@operator_to_post
def take_rates(request: HttpRequest) -> HttpResponse:
    """The rates by day; sent, a new one from a day on that nothing is booked in."""
    now = timezone.now()
    form = TakeRateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        row = save(form, username=request.user.get_username(), now=now)
        if row is not None:
            words = f"{row.market} keeps {row.rate} from {row.valid_from} on."
            messages.success(request, words)
            return redirect("economics:take-rates")
    takes = TakeRates()
    context = {
        "now": now,
        "form": form,
        "market": DEFAULT_MARKET,
        "rows": takes.rows,
        "current": takes.on(day_of(now)),
        "current_row": takes.row(day_of(now)),
        "first_free": first_free_day(now),
    }
    return render(request, "economics/take_rates.html", context)


def save(form: TakeRateForm, *, username: str, now: datetime) -> TakeRate | None:
    """The saved rate, or None when the form now says what is wrong."""
    if not form.is_valid():
        return None
    try:
        return set_take_rate(
            form.cleaned_data["rate"],
            valid_from=form.cleaned_data["valid_from"] or first_free_day(now),
            acting_user=username,
            now=now,
        )
    except TakeRateRefused as refusal:
        form.take(refusal.errors)
        return None
