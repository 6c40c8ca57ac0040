"""The web application for uvicorn."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kerne_site.settings")

application = get_asgi_application()

from kerne_site.memory import keep_what_is_loaded  # noqa: E402  (needs the apps above)

keep_what_is_loaded()
