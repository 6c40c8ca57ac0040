"""The Django app that wires the others together."""

from typing import Any

from django.apps import AppConfig


class KerneSiteConfig(AppConfig):
    name = "kerne_site"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Imported here: checks are registered, and tasks bound to our Celery app, only
        # once the apps are loaded.
        from django.contrib.auth.signals import user_logged_in

        from kerne_site import celery, checks, sessions  # noqa: F401

        def note(sender: object, **given: Any) -> None:
            sessions.note_login(given["request"], given["user"])

        user_logged_in.connect(note, weak=False, dispatch_uid="kerne.sessions")
