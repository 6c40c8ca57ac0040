"""Which of a plan's options are looked at: by provider, rental kind and GPU."""

from __future__ import annotations

from dataclasses import dataclass, replace

from economics.planner.option import Machine
from economics.selectors.plan import PlanAnswer


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """What is looked at; "" for all. `gpu` is a canonical GPU, or a source's own name."""

    provider: str = ""
    kind: str = ""
    gpu: str = ""

    def takes(self, machine: Machine) -> bool:
        """Whether a machine is one of those."""
        return (
            self.provider in ("", machine.provider)
            and self.kind in ("", machine.kind)
            and self.gpu in ("", gpu_of(machine))
        )


Choices = dict[str, list[tuple[str, str]]]


def gpu_of(machine: Machine) -> str:
    """The canonical name of a machine's GPU; where we know none, its source's."""
    return machine.gpu_type_id or machine.gpu_name


def filter_choices(found: PlanAnswer) -> Choices:
    """(value, words) of each filter, out of every option, fitting or not."""
    machines = [each.machine for each in found.options]
    return {
        "provider": [(name, name) for name in sorted({each.provider for each in machines})],
        "kind": [
            (kind, kind.replace("_", "-"))
            for kind in sorted({each.kind for each in machines})
        ],
        "gpu": [
            (name, name.removeprefix("NVIDIA ").removeprefix("GeForce "))
            for name in sorted({gpu_of(each) for each in machines})
        ],
    }


def narrowed(found: PlanAnswer, wanted: PlanFilter) -> PlanAnswer:
    """The same answer with the wanted options only, in the same order."""
    options = [each for each in found.options if wanted.takes(each.machine)]
    return replace(found, options=options)
