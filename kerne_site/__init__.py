"""Wiring: settings, urls, the Celery app with its schedule, embedded services and `up`."""
