"""The form of the first account."""

from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import User


class OwnerForm(BaseUserCreationForm):  # type: ignore[type-arg]  # no generic at run time
    """Username and a password, twice, held against the password rules."""

    class Meta:
        model = User
        fields = ("username",)
