"""Logging in: a password, then the second factor where one is set up."""

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kerne_site import second_factor
from kerne_site.second_factor import CodeRefused


class LoginView(auth_views.LoginView):
    """Name and password. Who has a second factor is not logged in by them alone."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)
        return enter(self.request, user, to=self.get_success_url())


def enter(request: HttpRequest, user: User, *, to: str) -> HttpResponse:
    """Log in and go on, or ask for the second factor first."""
    if second_factor.authenticator_of(user) is None:
        second_factor.log_in(request, user)
        return redirect(to)
    second_factor.hold(request.session, user, now=timezone.now())
    return redirect(f"{reverse('login-code')}?{urlencode({'next': to})}")


@login_not_required
@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest) -> HttpResponse:
    """The six digits, or a recovery code, of somebody whose password was right."""
    now = timezone.now()
    user = second_factor.held(request.session, now=now)
    if user is None:
        return redirect("login")
    to = request.POST.get("next") or request.GET.get("next", "")
    refusal = ""
    if request.method == "POST":
        try:
            device = second_factor.verify(user, request.POST.get("code", ""), now=now)
        except CodeRefused as wrong:
            refusal = str(wrong)
        else:
            second_factor.log_in(request, user, device)
            return redirect(inside(request, to))
    context = {"refusal": refusal, "next": to}
    status = 422 if refusal else 200
    return render(request, "registration/login_code.html", context, status=status)


def inside(request: HttpRequest, address: str) -> str:
    """An address of ours; the overview in place of any other."""
    ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if ours else resolve_url(settings.LOGIN_REDIRECT_URL)
