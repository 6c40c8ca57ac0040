from django.db import migrations

# The lines keep what they say; they only name the deployment that they always had. The
# pending checks of the foreign key have to be over before the trigger comes back.
FILL = """
ALTER TABLE economics_revenueline DISABLE TRIGGER kerne_append_only_rows;
UPDATE economics_revenueline AS line SET deployment_id = pod.deployment_id
  FROM economics_usagehour AS hour JOIN fleet_pod AS pod ON pod.id = hour.pod_id
  WHERE hour.id = line.usage_hour_id;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE economics_revenueline ENABLE TRIGGER kerne_append_only_rows;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("economics", "0008_unmetered_usage"),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
