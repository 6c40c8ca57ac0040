"""Print the bearer key of a pod's vLLM, for whoever may log in to the server."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.models import Pod
from fleet.services import audit


class Command(BaseCommand):
    help = "Print the key that a pod's endpoint asks for; it is shown nowhere else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pod", help="the pod's name, as the console shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        pod = Pod.objects.filter(name=options["pod"]).order_by("-pk").first()
        if pod is None:
            raise CommandError(
                f"There is no pod {options['pod']!r}; write its name as on the fleet page, "
                "such as kerne-demo-llama-8b-a-1."
            )
        if pod.is_ended:
            raise CommandError(f"{pod.name} has ended; its key opens nothing any more.")
        if not pod.api_key:
            raise CommandError(f"{pod.name} has no key; its endpoint asks for none.")
        audit.record("read key", pod, acting_user=getpass.getuser(), now=timezone.now())
        self.stdout.write(pod.api_key)
