"""Guardrails that act: limits are set, looked after every minute, and asked at launch."""
