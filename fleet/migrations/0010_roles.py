from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0009_spending_stop"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="fleet",
            options={
                "ordering": ["tier", "name"],
                "permissions": [
                    ("operate", "May order, start, stop and set prices"),
                    ("administer", "May set limits, keys and accounts"),
                ],
            },
        ),
    ]
