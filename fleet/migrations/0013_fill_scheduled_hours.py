"""The hours of the UTC day that rows have had so far, as cron starts in UTC."""

from django.db import migrations


def fill(apps, schema_editor):
    deployments = apps.get_model("fleet", "Deployment").objects
    for each in deployments.filter(start_hour__isnull=False, end_hour__isnull=False):
        each.schedule_starts = f"0 {each.start_hour} * * *"
        each.schedule_seconds = (each.end_hour - each.start_hour) * 3600
        each.schedule_zone = "UTC"
        each.save(update_fields=["schedule_starts", "schedule_seconds", "schedule_zone"])


class Migration(migrations.Migration):
    dependencies = [("fleet", "0012_scheduled_hours")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
