"""A throw-away PostgreSQL with the console's tables, for benchmarks."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def start_database() -> Callable[[], object]:
    """Start PostgreSQL in a folder of its own and point Django at it; how to stop it."""
    from kerne_site import embedded, places

    folder = Path(tempfile.mkdtemp(prefix="kerne-benchmark-"))
    child = embedded.EmbeddedPostgres(folder).start()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "kerne_site.settings",
        "DATABASE_URL": places.database_url(folder),
        "KERNE_VAR": str(folder),
        "KERNE_STATIC_HASHED": "false",
        "KERNE_LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return child.stop
