"""The money: prices, usage hours, cost and revenue lines, the daily profit."""

from django.apps import AppConfig


class EconomicsConfig(AppConfig):
    name = "economics"
    default_auto_field = "django.db.models.BigAutoField"
