"""`manage.py web`: the console under uvicorn."""

from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from kerne_site.asgi import application
from kerne_site.database import pool_connections

# Live streams never end by themselves; a stop does not wait for them longer.
GRACEFUL_SECONDS = 2


class Command(BaseCommand):
    help = "Serve the console on KERNE_HOST and KERNE_PORT."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        pool_connections(settings.DATABASE_POOL_SIZE)
        uvicorn.run(
            application,
            host=settings.KERNE_HOST,
            port=settings.KERNE_PORT,
            lifespan="off",
            log_config=None,  # ours stays, with its masking
            access_log=False,
            server_header=False,
            proxy_headers=False,  # who called is ours to judge, by KERNE_TRUSTED_PROXIES
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
