from django.db import migrations

from fleet.append_only import protect


class Migration(migrations.Migration):
    """The database refuses to change or delete what was booked or billed."""

    dependencies = [
        ("economics", "0001_usage_and_ledger"),
        ("fleet", "0016_audit_append_only"),
    ]

    operations = [
        protect("economics_costline"),
        protect("economics_revenueline"),
        protect("economics_billingobservation"),
    ]
