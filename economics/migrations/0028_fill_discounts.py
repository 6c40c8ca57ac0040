from django.db import migrations

# What was booked before the column: list x fraction, where what is paid is
# list x (1 - fraction). A discount holds from a full hour to a full hour, so the hour that
# a line is about tells whether it did.
FILL = """
ALTER TABLE economics_revenueline DISABLE TRIGGER kerne_append_only_rows;
UPDATE economics_revenueline AS line SET discount_usd = ROUND(line.tokens
    * line.usd_per_token * price.discount_fraction / (1 - price.discount_fraction), 6)
  FROM economics_tokenprice AS price, economics_revenueline AS same
  LEFT JOIN economics_usagehour AS hour ON hour.id = same.usage_hour_id
  LEFT JOIN economics_usageestimate AS estimate ON estimate.id = same.estimate_id
  LEFT JOIN economics_loghour AS logged ON logged.id = same.log_hour_id
  WHERE same.id = line.id AND price.id = line.price_id AND price.discount_funding = 'ours'
    AND COALESCE(hour.hour_start, estimate.hour_start, logged.hour_start)
      >= price.discount_from
    AND COALESCE(hour.hour_start, estimate.hour_start, logged.hour_start)
      < COALESCE(price.discount_until, 'infinity');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
ALTER TABLE economics_revenueline ENABLE TRIGGER kerne_append_only_rows;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("economics", "0027_discount_of_a_line"),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
