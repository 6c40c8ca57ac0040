"""The data migration: hours of the UTC day become cron starts in UTC, and back."""

import importlib
from types import SimpleNamespace
from typing import Any

from django.db.migrations.loader import MigrationLoader

from fleet.schedule import Schedule, describe_hours

MIGRATIONS = "fleet.migrations"


class Rows(list[Any]):
    """A table that answers what the migrations ask of it."""

    def filter(self, **_: Any) -> "Rows":
        return Rows(row for row in self if row.start_hour is not None)

    def exclude(self, **_: Any) -> "Rows":
        return Rows(row for row in self if row.schedule_starts)


def row(start: int | None, end: int | None) -> SimpleNamespace:
    return SimpleNamespace(
        start_hour=start,
        end_hour=end,
        schedule_starts="",
        schedule_seconds=None,
        schedule_zone="",
        save=lambda update_fields: None,
    )


def registry(rows: Rows) -> Any:
    model = SimpleNamespace(objects=rows)
    return SimpleNamespace(get_model=lambda app, name: model)


def migration(name: str) -> Any:
    loader = MigrationLoader(None)
    (found,) = [key for key in loader.disk_migrations if key[1].endswith(name)]
    return importlib.import_module(f"{MIGRATIONS}.{found[1]}")


def test_hours_of_the_day_become_a_start_a_duration_and_a_zone():
    rows = Rows([row(13, 21), row(0, 24), row(None, None)])
    migration("fill_scheduled_hours").fill(registry(rows), None)

    told = [
        describe_hours(
            Schedule((each.schedule_starts,), each.schedule_seconds, each.schedule_zone)
        )
        for each in rows[:2]
    ]
    assert told == ["Every day 13:00 to 21:00 UTC", "Every day 00:00 to 24:00 UTC"]
    assert rows[2].schedule_starts == ""


def test_the_way_back_restores_what_the_old_columns_can_say():
    rows = Rows([row(13, 21)])
    migration("fill_scheduled_hours").fill(registry(rows), None)
    rows[0].start_hour = rows[0].end_hour = None
    migration("drop_hours_of_the_day").refill(registry(rows), None)

    assert (rows[0].start_hour, rows[0].end_hour) == (13, 21)
