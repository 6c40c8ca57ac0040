"""Every address of the console."""

from django.contrib.auth import views as auth_views
from django.urls import include, path

from kerne_site.views import health, login_link

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path(
        "login/",
        auth_views.LoginView.as_view(redirect_authenticated_user=True),
        name="login",
    ),
    path("login/<str:token>", login_link.login_link, name="login-link"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("", include("economics.urls", namespace="economics")),
    path("", include("fleet.urls", namespace="fleet")),
]
