import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("economics", "0009_fill_revenue_deployments"),
    ]

    operations = [
        migrations.AlterField(
            model_name="revenueline",
            name="deployment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revenue_lines",
                to="fleet.deployment",
            ),
        ),
    ]
