"""The web application for a WSGI server, without live streams."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kerne_site.settings")

application = get_wsgi_application()
