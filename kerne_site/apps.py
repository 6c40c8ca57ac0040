"""The Django app that wires the others together."""

from django.apps import AppConfig


class KerneSiteConfig(AppConfig):
    name = "kerne_site"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported here: checks are registered, and tasks bound to our Celery app, only
        # once the apps are loaded.
        from kerne_site import celery, checks  # noqa: F401
