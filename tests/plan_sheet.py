"""The plan sheet as a browser uses it: open it, read it, confirm what it showed."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

CONFIRM = "/actions/confirm/"


def hidden_fields(page: str) -> dict[str, str]:
    """What the confirmation sends along."""
    form = page.split(f'action="{CONFIRM}"')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def open_sheet(client: Client, kind: str, **parameters: object) -> str:
    """The page of a plan."""
    address = reverse("fleet:action-plan", args=[kind])
    return client.get(address, parameters).content.decode()


def do(client: Client, kind: str, **parameters: object) -> HttpResponse:
    """Open a plan and confirm it."""
    return confirm(client, open_sheet(client, kind, **parameters))


def confirm(client: Client, page: str, **answers: str) -> Any:
    """Confirm the plan of a page."""
    return client.post(CONFIRM, hidden_fields(page) | answers, follow=True)
