"""Notes of days and deployments: write, take away, put back within the same breath."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from fleet.access import operator_required
from fleet.models import Deployment, OperatorNote
from fleet.own_path import is_own_path
from fleet.services.notes import remove_note, restore_note, write_note
from fleet.services.refused import Refused
from fleet.views.undo import refreshed, undoable


@require_POST
@operator_required
def note_write(request: HttpRequest) -> HttpResponse:
    """Write a note and go back to the page that it was written on."""
    written = request.POST.get("day", "").strip()[:20]
    try:
        write_note(
            request.POST.get("text", ""),
            day=day_of_text(written),
            deployment=deployment_named(request.POST.get("deployment", "")),
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, f"{refusal} Nothing was kept.")
    else:
        messages.success(request, "The note is kept, and marked in the charts.")
    return back_from(request)


@require_POST
@operator_required
def note_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a note away; the page offers to put it back."""
    note = get_object_or_404(OperatorNote.objects.select_related("deployment"), pk=pk)
    user = request.user.get_username()
    if remove_note(note, acting_user=user, now=timezone.now()):
        undoable(request, "The note is gone.", reverse("fleet:note-restore", args=[pk]))
    else:
        messages.info(request, "That note was gone already.")
    return back_from(request)


@require_POST
@operator_required
def note_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a note back."""
    note = get_object_or_404(OperatorNote.objects.select_related("deployment"), pk=pk)
    restore_note(note, acting_user=request.user.get_username(), now=timezone.now())
    messages.success(request, "The note is back.")
    return refreshed(request)


def day_of_text(text: str) -> date:
    """A day. Raises Refused with a sentence for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused.because(
            f"Day is {text!r}; write it as 2026-03-04.", field="day"
        ) from None


def deployment_named(slug: str) -> Deployment | None:
    """The deployment of a slug; None for none. Raises Http404 for one that is not there."""
    if not slug:
        return None
    found = Deployment.objects.filter(slug=slug.replace("\x00", "")).first()
    if found is None:
        raise Http404("there is no such deployment")
    return found


def back_from(request: HttpRequest) -> HttpResponse:
    """To the page of ours that the form names, else to the fleet."""
    address = request.POST.get("next", "")
    return redirect(address if is_own_path(address) else "fleet:list")
