"""The forms of accounts: the first one, and a token of the API."""

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import User

from fleet.forms import NameField, WholeField
from kerne_site.api_tokens import DEFAULT_DAYS


class OwnerForm(BaseUserCreationForm):  # type: ignore[type-arg]  # no generic at run time
    """Username and a password, twice, held against the password rules."""

    class Meta:
        model = User
        fields = ("username",)


class TokenForm(forms.Form):
    """A new API token. Its rules are those of `api_tokens.create`."""

    name = NameField(label="Name")
    days = WholeField(label="Days", example="90", initial=DEFAULT_DAYS)
