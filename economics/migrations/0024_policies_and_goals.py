"""The policies and goals that ship, and the database's word that none is ever changed."""

from datetime import UTC, datetime

from django.db import migrations

from fleet.append_only import protect

SHIPPED_AT = datetime(2026, 11, 25, tzinfo=UTC)
SHIPPED_BY = "rule:defaults"

# Where the founding plan states a number it is the plan's; see docs/formulas/gates.md.
FOUNDING = {
    "profit_days": "7",
    "least_profit_usd_per_day": "0",
    "most_market_share": "1",
    "least_demand_trend": "",
    "most_model_age_days": "",
    "most_successor_share": "0.5",
    "price_quantile": "0.5",
    "gpu_price_factor": "1",
    "most_break_even_utilization": "0.8",
    "most_utilization": "0.8",
    "least_premium_usd_per_million": "1.5",
    "dedicated_utilization": "0.5",
    "dedicated_days": "7",
    "exit_days": "2",
    "loss_cap_usd": "100",
    "least_runway_days": "",
    "receivable_days": "30",
    "scale_up_utilization": "0.5",
}
SAFER = {
    "profit_days": "14",
    "least_profit_usd_per_day": "0",
    "most_market_share": "0.05",
    "least_demand_trend": "-0.25",
    "most_model_age_days": "60",
    "most_successor_share": "0.5",
    "price_quantile": "0.1",
    "gpu_price_factor": "1.33",
    "most_break_even_utilization": "0.6",
    "most_utilization": "0.7",
    "least_premium_usd_per_million": "",
    "dedicated_utilization": "0.5",
    "dedicated_days": "14",
    "exit_days": "3",
    "loss_cap_usd": "50",
    "least_runway_days": "14",
    "receivable_days": "45",
    "scale_up_utilization": "0.7",
}
POLICIES = (
    (
        "founding-plan",
        "Founding plan",
        FOUNDING,
        "its own numbers, and ours where it has none",
    ),
    ("safer", "Safer", SAFER, "what the check of the founding plan led to"),
)
GOALS = (
    ("earn-today", "Start earning today", "earn", {"profit": "0.5", "safety": "0.5"}, None),
    (
        "test-large",
        "Test a large model",
        "test",
        {"cash": "0.5", "size": "0.3", "safety": "0.2"},
        None,
    ),
    ("reach", "Reach $200 a day", "reach", {"profit": "1"}, "200"),
    (
        "differentiate",
        "Differentiate",
        "earn",
        {"difference": "0.4", "size": "0.2", "profit": "0.2", "safety": "0.2"},
        None,
    ),
)
TABLES = (
    "economics_policyversion",
    "economics_fleetpolicy",
    "economics_goalversion",
    "economics_gateevaluation",
    "economics_onboardingtick",
)


def ship(apps, schema_editor):
    policies = apps.get_model("economics", "PolicyVersion")
    for name, title, thresholds, note in POLICIES:
        policies.objects.create(
            name=name,
            version=1,
            title=title,
            thresholds=thresholds,
            note=note,
            set_by=SHIPPED_BY,
            set_at=SHIPPED_AT,
        )
    goals = apps.get_model("economics", "GoalVersion")
    for position, (key, title, kind, weights, target) in enumerate(GOALS, start=1):
        goals.objects.create(
            key=key,
            version=1,
            title=title,
            kind=kind,
            weights=weights,
            target_usd_per_day=target,
            position=position,
            set_by=SHIPPED_BY,
            set_at=SHIPPED_AT,
        )


class Migration(migrations.Migration):
    dependencies = [("economics", "0023_decisions")]

    operations = [
        migrations.RunPython(ship, migrations.RunPython.noop),
        *(protect(table) for table in TABLES),
    ]
