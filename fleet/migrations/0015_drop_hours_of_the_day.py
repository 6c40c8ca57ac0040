"""The hours of the UTC day are gone: `schedule_starts` holds what they said."""

import re

from django.db import migrations


def refill(apps, schema_editor):
    """Back: what the old columns can say, full hours of a UTC day, every day."""
    for each in apps.get_model("fleet", "Deployment").objects.exclude(schedule_starts=""):
        daily = re.fullmatch(r"0 ([0-9]+) \* \* \*", each.schedule_starts)
        if daily is None or each.schedule_zone != "UTC" or each.schedule_seconds % 3600:
            continue  # the old constraint then refuses to come back, loudly
        each.start_hour = int(daily[1])
        each.end_hour = each.start_hour + each.schedule_seconds // 3600
        each.save(update_fields=["start_hour", "end_hour"])


class Migration(migrations.Migration):
    dependencies = [("fleet", "0014_tighten_scheduled_hours")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, refill),
        migrations.RemoveField("deployment", "start_hour"),
        migrations.RemoveField("deployment", "end_hour"),
    ]
