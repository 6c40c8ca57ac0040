"""An order from its parameters in words, as a plan keeps them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from fleet.services.order_rules import TYPED_HOURS, OrderRefused, OrderSpec


def spec_from_text(fields: dict[str, str | None]) -> OrderSpec:
    """An OrderSpec from the text of a sealed plan. Raises OrderRefused when malformed."""
    try:
        return OrderSpec(
            slug=str(fields["slug"]),
            fleet_id=int(fields["fleet_id"] or ""),
            variant_id=int(fields["variant_id"] or ""),
            gpu_type_id=str(fields["gpu_type_id"]),
            gpu_count=int(fields["gpu_count"] or ""),
            cloud=str(fields["cloud"]),
            rental_kind=str(fields["rental_kind"]),
            replicas=int(fields["replicas"] or ""),
            max_model_len=int(fields["max_model_len"] or ""),
            gpu_memory_utilization=Decimal(fields["gpu_memory_utilization"] or ""),
            container_disk_gb=int(fields["container_disk_gb"] or ""),
            max_usd_per_gpu_hour=_money(fields["max_usd_per_gpu_hour"]),
            **{name: str(fields[name]) for name in TYPED_HOURS},
            baseline_replicas=int(fields["baseline_replicas"] or ""),
            is_ready_at_start=fields["is_ready_at_start"] == "True",
            max_replicas=_whole(fields["max_replicas"]),
            budget_usd_per_hour=_money(fields["budget_usd_per_hour"]),
            extra_args=fields.get("extra_args") or "",
            workers_min=_whole(fields.get("workers_min")),
            workers_max=_whole(fields.get("workers_max")),
            idle_timeout=_whole(fields.get("idle_timeout")),
            queue_delay=_whole(fields.get("queue_delay")),
            on_demand_fallback=fields.get("on_demand_fallback") == "True",
            max_spot_usd_per_gpu_hour=_money(fields.get("max_spot_usd_per_gpu_hour")),
        )
    except (KeyError, ValueError, InvalidOperation):
        raise OrderRefused.because("This plan is incomplete; make it again.") from None


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
