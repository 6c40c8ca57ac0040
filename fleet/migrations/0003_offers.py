"""One table for the offers of every provider, and history rows that know their end.

`GpuOffer` becomes `MarketOffer`; the old name stays as the view of what can be ordered.
"""

from decimal import Decimal

from django.db import migrations, models


def fill(apps, schema_editor):
    """What the old rows mean: RunPod's own names, and prices that held to the next row."""
    offers = apps.get_model("fleet", "MarketOffer").objects
    offers.update(product=models.F("gpu_type_id"), billing_unit="second")
    for offer in offers.prefetch_related("prices"):
        rows = sorted(offer.prices.all(), key=lambda row: row.valid_from)
        ends = [row.valid_from for row in rows[1:]] + [offer.seen_at]
        for row, end in zip(rows, ends, strict=True):
            row.last_observed_at = max(end, row.valid_from)
            row.save(update_fields=["last_observed_at"])


KINDS = [
    ("on_demand", "on-demand"),
    ("interruptible", "spot"),
    ("serverless", "serverless"),
    ("savings_plan", "savings plan"),
]
SOURCES = [
    ("runpod_catalog", "RunPod catalog"),
    ("gpuhunt", "gpuhunt"),
    ("csv", "CSV import"),
    ("fixture", "public price"),
]
CLOUDS = [("SECURE", "secure cloud"), ("COMMUNITY", "community cloud")]
UNITS = [("second", "second"), ("minute", "minute"), ("hour", "hour"), ("", "not stated")]
QUOTED = models.F("usd_per_gpu_hour") * models.F("gpu_count")
ROUNDING = models.F("gpu_count") * Decimal("0.0001")


def text(length, **options):
    return models.CharField(max_length=length, blank=True, default="", **options)


class Migration(migrations.Migration):
    dependencies = [("fleet", "0002_known_models")]

    operations = [
        migrations.RenameModel("GpuOffer", "MarketOffer"),
        migrations.RemoveConstraint("marketoffer", "fleet_offer_once"),
        migrations.CreateModel(
            name="GpuOffer",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=("fleet.marketoffer",),
        ),
        migrations.CreateModel(
            name="OfferImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("sha256", models.CharField(max_length=64, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("source", models.CharField(choices=SOURCES, max_length=14)),
                ("row_count", models.PositiveIntegerField()),
                ("acting_user", models.CharField(max_length=150)),
                ("imported_at", models.DateTimeField()),
            ],
            options={"ordering": ["-imported_at"]},
        ),
        migrations.AddField("marketoffer", "billing_unit", text(6, choices=UNITS)),
        migrations.AddField(
            "marketoffer", "data_centers", models.JSONField(blank=True, default=list)
        ),
        migrations.AddField(
            "marketoffer", "gpu_count", models.PositiveIntegerField(default=1)
        ),
        migrations.AddField(
            "marketoffer",
            "kind",
            models.CharField(choices=KINDS, default="on_demand", max_length=13),
        ),
        migrations.AddField("marketoffer", "note", text(200)),
        migrations.AddField("marketoffer", "product", text(120)),
        migrations.AddField("marketoffer", "region", text(60)),
        migrations.AddField(
            "marketoffer",
            "source",
            models.CharField(choices=SOURCES, default="runpod_catalog", max_length=14),
        ),
        migrations.AddField("marketoffer", "source_url", text(200)),
        migrations.AddField(
            "marketoffer",
            "usd_per_instance_hour",
            models.DecimalField(decimal_places=4, max_digits=12, null=True),
        ),
        migrations.AlterField(
            "marketoffer",
            "cloud",
            models.CharField(blank=True, choices=CLOUDS, max_length=10),
        ),
        migrations.AlterField(
            "marketoffer", "gpu_type_id", models.CharField(blank=True, max_length=80)
        ),
        migrations.AddField(
            "gpuofferprice", "last_observed_at", models.DateTimeField(null=True)
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("gpuofferprice", "last_observed_at", models.DateTimeField()),
        migrations.AddConstraint(
            "gpuofferprice",
            models.CheckConstraint(
                condition=models.Q(last_observed_at__gte=models.F("valid_from")),
                name="fleet_offer_price_in_order",
            ),
        ),
        migrations.AddConstraint(
            "marketoffer",
            models.UniqueConstraint(
                fields=(
                    *("provider", "source", "kind", "gpu_type_id", "product"),
                    *("gpu_count", "cloud", "region"),
                ),
                name="fleet_market_offer_once",
            ),
        ),
        migrations.AddConstraint(
            "marketoffer",
            models.UniqueConstraint(
                condition=models.Q(source="runpod_catalog", kind="on_demand"),
                fields=("provider", "gpu_type_id", "cloud"),
                name="fleet_offer_once",
            ),
        ),
        migrations.AddConstraint(
            "marketoffer",
            models.CheckConstraint(
                condition=models.Q(gpu_count=1, usd_per_instance_hour__isnull=True)
                | models.Q(
                    gpu_count__gt=1,
                    usd_per_instance_hour__gte=QUOTED - ROUNDING,
                    usd_per_instance_hour__lte=QUOTED + ROUNDING,
                ),
                name="fleet_offer_prices_agree",
            ),
        ),
    ]
