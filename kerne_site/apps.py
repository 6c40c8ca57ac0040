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
        from django.db.models.signals import post_migrate, pre_migrate

        from kerne_site import celery, checks, database, sessions  # noqa: F401

        def note(sender: object, **given: Any) -> None:
            sessions.note_login(given["request"], given["user"])

        def before(sender: object, **given: Any) -> None:
            database.allow_long_statements(given["using"])

        def after(sender: object, **given: Any) -> None:
            database.limit_statements(given["using"])

        pre_migrate.connect(before, self, weak=False, dispatch_uid="kerne.migrate")
        post_migrate.connect(after, self, weak=False, dispatch_uid="kerne.migrated")
        user_logged_in.connect(note, weak=False, dispatch_uid="kerne.sessions")
