"""Saved views: the list of one's own, save the page one is on, forget one."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from fleet.access import viewer_required
from fleet.models import SavedView
from fleet.services.refused import Refused
from fleet.services.saved_views import MOST_VIEWS, forget_view, move_view, save_view
from fleet.views.undo import refreshed, undoable

STEPS = {"up": -1, "down": 1}


class ViewForm(forms.Form):
    """What was typed; what will do is the service's to say."""

    name = forms.CharField(label="Name", required=False)
    address = forms.CharField(label="Address within the console", required=False)


@require_http_methods(["GET", "POST"])
@viewer_required
def saved_views(request: HttpRequest) -> HttpResponse:
    """One's own views. A POST saves one and goes back to the page that it is of."""
    assert isinstance(request.user, User)
    form = ViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            view = save_view(user=request.user, **form.cleaned_data, now=timezone.now())
        except Refused as refusal:
            for field, sentences in refusal.errors.items():
                form.add_error(field or None, sentences)
        else:
            messages.success(request, f"“{view.name}” is kept. It stands beside the pages.")
            return redirect(view.address)
    context = {
        "views": SavedView.objects.filter(user=request.user),
        "form": form,
        "most_views": MOST_VIEWS,
        "now": timezone.now(),
    }
    return render(request, "fleet/saved_views.html", context)


@require_POST
@viewer_required
def saved_view_forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget one of one's own views."""
    assert isinstance(request.user, User)
    view = forget_view(user=request.user, pk=pk)
    if view is None:
        raise Http404("no view of yours has this number")
    undoable(
        request,
        f"“{view.name}” is forgotten; the page is still there.",
        reverse("fleet:saved-view-back"),
        name=view.name,
        address=view.address,
    )
    return redirect("fleet:saved-views")


@require_POST
@viewer_required
def saved_view_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move one of one's own views a place up or down."""
    assert isinstance(request.user, User)
    asked = request.POST.get("direction", "")
    if asked not in STEPS:
        messages.error(request, f"Direction is {asked[:20]!r}; write up or down.")
    elif move_view(user=request.user, pk=pk, by=STEPS[asked]) is None:
        raise Http404("no view of yours has this number")
    return redirect(f"{reverse('fleet:saved-views')}#view-{pk}")


@require_POST
@viewer_required
def saved_view_back(request: HttpRequest) -> HttpResponse:
    """Keep a view again that was just forgotten."""
    assert isinstance(request.user, User)
    name, address = request.POST.get("name", ""), request.POST.get("address", "")
    try:
        save_view(user=request.user, name=name, address=address, now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    return refreshed(request)
