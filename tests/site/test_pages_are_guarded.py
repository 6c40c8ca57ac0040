from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern, URLResolver, get_resolver, reverse

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src-attr": "'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def all_patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from all_patterns(pattern)
        else:
            yield pattern


def policy_of(response) -> dict[str, str]:
    parts = response["Content-Security-Policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


def test_every_page_says_what_may_load(client):
    policy = policy_of(client.get(reverse("login")))

    assert policy.pop("style-src-elem").startswith("'self'")
    assert policy == POLICY


def test_a_page_that_uses_the_nonce_has_it_in_its_policy(rf):
    from csp.middleware import CSPMiddleware
    from django.http import HttpResponse

    seen = []

    def view(request):
        seen.append(str(request.csp_nonce))
        return HttpResponse()

    response = CSPMiddleware(view)(rf.get("/"))

    assert policy_of(response)["style-src-elem"] == f"'self' 'nonce-{seen[0]}'"


def test_the_other_headers_are_strict(client):
    response = client.get(reverse("login"))

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_overview_asks_for_a_login(client):
    response = client.get(reverse("economics:overview"))

    assert response.status_code == 302
    assert response.url.startswith(reverse("login"))


def test_without_a_login_there_are_health_and_the_ways_to_log_in_and_nothing_else():
    public = {
        pattern.name
        for pattern in all_patterns(get_resolver())
        if not getattr(pattern.callback, "login_required", True)
        # The API has a door of its own: tests/api/test_the_door_answers_in_json.py
        and not getattr(pattern.callback, "is_api_view", False)
    }

    assert public == {
        *("healthz", "login", "login-code", "login-link", "nothing"),
        "market-models",  # what a marketplace polls
    }


def test_the_right_password_opens_and_a_wrong_one_gets_a_sentence(client):
    User.objects.create_superuser("ada", password="correct horse battery")

    wrong = client.post(reverse("login"), {"username": "ada", "password": "no"})
    right = client.post(
        reverse("login"), {"username": "ada", "password": "correct horse battery"}
    )

    assert "correct username and password" in wrong.content.decode()
    assert right.status_code == 302


def test_logging_out_takes_a_post(client):
    client.force_login(User.objects.create_superuser("ada"))

    assert client.get(reverse("logout")).status_code == 405
    assert client.post(reverse("logout")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    User.objects.create_superuser("ada", password="correct horse battery")
    client.post(reverse("login"), {"username": "ada", "password": "correct horse battery"})
    cookie = client.cookies["kerne-session"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
