"""One's own password."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from fleet.access import viewer_required
from kerne_site import passwords
from kerne_site.forms import OwnPasswordForm
from kerne_site.logs import current_request_id
from kerne_site.views.security import account


@sensitive_post_parameters("old_password", "new_password1", "new_password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@viewer_required
def own_password(request: HttpRequest) -> HttpResponse:
    """The old password and a new one, twice. Wrong ones count as wrong logins."""
    user = account(request)
    form = OwnPasswordForm(user, request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        ended = passwords.changed(
            user,
            form.cleaned_data["new_password1"],
            request=request,
            now=timezone.now(),
            request_id=current_request_id(),
        )
        many = "1 other session has" if ended == 1 else f"{ended} other sessions have"
        messages.success(request, f"Your password is changed; {many} ended.")
        return redirect("account-security")
    return render(request, "account/password.html", {"form": form})
