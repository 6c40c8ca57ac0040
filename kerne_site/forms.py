"""The forms of accounts: the first one, and a token of the API."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import BaseUserCreationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.http import HttpRequest

from fleet.forms import NameField, WholeField
from fleet.services.roles import Role
from kerne_site.api_tokens import DEFAULT_DAYS
from kerne_site.models import Scope


class OwnerForm(BaseUserCreationForm):  # type: ignore[type-arg]  # no generic at run time
    """Username and a password, twice, held against the password rules."""

    class Meta:
        model = User
        fields = ("username",)


class RoleField(NameField):
    """One of the roles, by its name."""

    def to_python(self, value: object) -> str:
        text = super().to_python(value)
        if text not in Role.values:
            raise forms.ValidationError(
                f"{self.label} is {text[:40]!r}; choose one of {', '.join(Role.values)}."
            )
        return text


class InviteForm(forms.Form):
    """A new account's name and role. Its rules are those of `people.invite`."""

    username = NameField(label="Name")
    role = RoleField(label="Role", initial=Role.VIEWER.value)


class PasswordForm(forms.Form):
    """The password of an account that is named already, twice."""

    password1 = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="Password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if data.get("password1") != data.get("password2"):
            self.add_error("password2", "The two passwords are not the same.")
        return data


class OwnPasswordForm(PasswordChangeForm):
    """The old password and a new one, twice. A wrong old one is throttled as a login."""

    error_messages = PasswordChangeForm.error_messages | {
        "password_incorrect": "This is not your password; write the one you log in with."
    }

    def __init__(self, user: User, data: Any = None, *, request: HttpRequest) -> None:
        super().__init__(user, data)
        self.request = request

    def clean_old_password(self) -> str:
        given = str(self.cleaned_data["old_password"])
        known = authenticate(
            self.request, username=self.user.get_username(), password=given
        )
        if known != self.user:
            raise forms.ValidationError(
                self.error_messages["password_incorrect"], code="password_incorrect"
            )
        return given


class TokenForm(forms.Form):
    """A new API token. Its rules are those of `api_tokens.create`."""

    name = NameField(label="Name")
    scope = NameField(label="Scope", initial=Scope.READ.value)
    days = WholeField(label="Days", example="90", initial=DEFAULT_DAYS)
