"""Every address of the console."""

from django.contrib.auth import views as auth_views
from django.urls import include, path

from kerne_site.views import (
    health,
    list_models,
    login,
    login_link,
    password,
    people,
    security,
    styleguide,
    time_zone,
    tokens,
)

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("v1/models", list_models.list_models, name="market-models"),
    path(
        "login/",
        login.LoginView.as_view(),
        name="login",
    ),
    path("login/code/", login.login_code, name="login-code"),
    path("login/<str:token>", login_link.login_link, name="login-link"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("account/tokens/", tokens.tokens, name="account-tokens"),
    path(
        "account/tokens/<str:public_id>/revoke/",
        tokens.revoke,
        name="account-token-revoke",
    ),
    path("account/password/", password.own_password, name="account-password"),
    path("account/time-zone/", time_zone.time_zone, name="account-time-zone"),
    path("account/security/", security.security, name="account-security"),
    path("account/security/begin/", security.begin, name="account-factor-begin"),
    path("account/security/finish/", security.finish, name="account-factor-finish"),
    path("account/security/codes/", security.codes, name="account-factor-codes"),
    path("account/security/off/", security.turn_off, name="account-factor-off"),
    path(
        "account/sessions/<int:pk>/end/", security.session_end, name="account-session-end"
    ),
    path("account/people/", people.people_page, name="account-people"),
    path("account/people/<int:pk>/role/", people.person_role, name="account-person-role"),
    path(
        "account/people/<int:pk>/password/",
        people.person_password,
        name="account-person-password",
    ),
    path(
        "account/people/<int:pk>/active/",
        people.person_active,
        name="account-person-active",
    ),
    path(
        "account/invitations/<int:pk>/withdraw/",
        people.invitation_withdraw,
        name="account-invitation-withdraw",
    ),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("api/", include("kerne_site.api.urls")),
    path("", include("economics.urls", namespace="economics")),
    path("", include("fleet.urls", namespace="fleet")),
]

handler400 = "kerne_site.views.errors.bad_request"
handler403 = "kerne_site.views.errors.not_allowed"
handler500 = "kerne_site.views.errors.server_error"
