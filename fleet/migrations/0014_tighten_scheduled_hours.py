"""Scheduled hours must have their cron starts; the old columns are nobody's any more."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("fleet", "0013_fill_scheduled_hours")]

    operations = [
        migrations.RemoveConstraint("deployment", "fleet_deployment_hours_in_order"),
        migrations.RemoveConstraint("deployment", "fleet_deployment_schedule_has_hours"),
        migrations.AddConstraint(
            "deployment",
            models.CheckConstraint(
                condition=~models.Q(rental_kind="scheduled")
                | (
                    ~models.Q(schedule_starts="")
                    & ~models.Q(schedule_zone="")
                    & models.Q(schedule_seconds__gt=0)
                    & models.Q(schedule_seconds__isnull=False)
                ),
                name="fleet_deployment_scheduled_has_hours",
            ),
        ),
    ]
