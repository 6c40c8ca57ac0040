"""The fleet: what we rent, whether it serves, and what it did."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class FleetConfig(AppConfig):
    name = "fleet"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fleet import checks  # noqa: F401  # its checks register themselves
        from fleet.services.roles import ensure_groups  # its models load first

        post_migrate.connect(ensure_groups, sender=self, dispatch_uid="fleet.roles")
