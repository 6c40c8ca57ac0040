from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now nothing but the demo wrote a peak: its own stay as they are."""
    rows = apps.get_model("fleet", "Deployment").objects
    known = rows.filter(peak_tokens_per_second__isnull=False)
    known.update(peak_set_by="the demo", peak_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [("fleet", "0047_actions_together")]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="peak_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="deployment",
            name="peak_set_by",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
