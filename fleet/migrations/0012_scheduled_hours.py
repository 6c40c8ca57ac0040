"""Hours that follow a wall clock: cron starts with a duration, in a time zone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fleet", "0011_acting_on_health")]

    operations = [
        migrations.AddField(
            "deployment",
            "schedule_starts",
            models.CharField(blank=True, max_length=400, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "deployment",
            "schedule_seconds",
            models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            "deployment",
            "schedule_zone",
            models.CharField(blank=True, max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "deployment", "is_ready_at_start", models.BooleanField(default=False)
        ),
        migrations.AddField(
            "deployment", "lead_seconds", models.PositiveIntegerField(default=0)
        ),
        migrations.AddField(
            "deployment", "baseline_replicas", models.PositiveSmallIntegerField(default=0)
        ),
    ]
