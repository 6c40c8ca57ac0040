"""The web application for uvicorn."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kerne_site.settings")

application = get_asgi_application()
