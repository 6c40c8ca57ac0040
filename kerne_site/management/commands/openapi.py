"""`manage.py openapi > docs/openapi.json`: the API's description, for the docs."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from kerne_site.api.openapi import description
from kerne_site.api.urls import ENDPOINTS


class Command(BaseCommand):
    help = "Print the OpenAPI 3.1 description of the JSON API."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(description(ENDPOINTS), indent=2, ensure_ascii=False))
