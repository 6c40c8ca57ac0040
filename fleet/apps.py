"""The fleet: what we rent, whether it serves, and what it did."""

from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "fleet"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from fleet import checks  # noqa: F401  # its checks register themselves
