"""The page behind a one-time login link."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kerne_site import login_links
from kerne_site.forms import OwnerForm

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what the link will do, POST does it and spends the link.

    Without any account it makes the owner's; else it logs the owner in.
    """
    now = timezone.now()
    try:
        login_links.check_link(token, now=now)
        owner = login_links.owner()
        form = OwnerForm(request.POST or None) if owner is None else None
        if request.method != "POST" or (form is not None and not form.is_valid()):
            page = {"form": form, "owner": owner}
            return render(request, "registration/login_link.html", page)
        user = login_links.use_link(token, now=now, new_owner=_new_owner(form))
    except login_links.LinkRefused as refusal:
        return render(
            request,
            "registration/login_link_refused.html",
            {"reason": str(refusal)},
            status=410,
        )
    login(request, user, backend=BACKEND)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _new_owner(form: OwnerForm | None) -> login_links.NewOwner | None:
    if form is None:
        return None
    return login_links.NewOwner(
        form.cleaned_data["username"], form.cleaned_data["password1"]
    )
