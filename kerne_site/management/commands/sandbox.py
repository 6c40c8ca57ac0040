"""`manage.py sandbox`: the stand-in cloud alone, in the foreground."""

import os
from typing import Any

from django.core.management.base import BaseCommand

from kerne_site import parts


class Command(BaseCommand):
    help = "Run the sandbox cloud on KERNE_SANDBOX_PORT; play money, no RunPod key."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        command = parts.cloud()
        os.execve(command.argv[0], list(command.argv), dict(command.env or os.environ))
