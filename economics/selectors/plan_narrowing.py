"""An answer narrowed to some of its options: one GPU, one count, one precision."""

from __future__ import annotations

from dataclasses import dataclass, replace

from economics.planner.option import PlanOption
from economics.selectors.plan import PlanAnswer


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which options are asked for.

    gpu        a part of the GPU's name or identifier; "" for all
    count      GPUs of a replica; None for all
    precision  of the weights, such as fp8; "" for all
    """

    gpu: str = ""
    count: int | None = None
    precision: str = ""

    def keeps(self, option: PlanOption) -> bool:
        """Whether an option is asked for."""
        machine = option.machine
        names = f"{machine.gpu_type_id}\n{machine.gpu_name}".lower()
        return (
            self.gpu.lower() in names
            and self.count in (None, machine.gpu_count)
            and self.precision.lower() in ("", machine.precision)
        )


def narrowed(found: PlanAnswer, wanted: Narrowing) -> PlanAnswer:
    """The answer with the options that are asked for, and the speeds that those miss."""
    kept = [option for option in found.options if wanted.keeps(option)]
    shapes = {
        (each.gpu_type_id, each.gpu_count, each.precision, each.repository)
        for each in (option.machine for option in kept)
    }
    missing = [
        each
        for each in found.missing
        if (each.gpu, each.gpu_count, each.precision, each.model) in shapes
    ]
    return replace(found, options=kept, missing=missing)
