"""The alert rule "runway" is gone: the guardrail of that name tells of a short balance.

Its channels go on to the guardrail's messages. Its open incidents end by the next sweep,
which says so to whoever was told.
"""

from django.db import migrations
from django.db.models import F


def hand_over(apps, schema_editor):
    incidents = apps.get_model("fleet", "Incident").objects.filter(
        key__startswith="runway:", closed_at=None
    )
    incidents.filter(opened_at=None).delete()
    incidents.update(calm_until=F("last_seen_at"))
    rules = apps.get_model("fleet", "AlertRule").objects
    row = rules.filter(slug="runway").first()
    if row is None:
        return
    if row.enabled and not rules.filter(slug="guardrail-runway").exists():
        row.slug, row.limit = "guardrail-runway", None
        row.save(update_fields=["slug", "limit"])
    else:
        row.delete()


class Migration(migrations.Migration):
    dependencies = [("fleet", "0029_settings_action")]

    operations = [migrations.RunPython(hand_over, migrations.RunPython.noop)]
