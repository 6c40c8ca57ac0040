"""What to say when a figure has no answer. Missing is never 0."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unknown:
    """A figure that can not be computed, and why: shown as "—" with the reason.

    It has no truth value on purpose: `figure or 0` would turn "unknown" into money.
    """

    reason: str

    def __bool__(self) -> bool:
        raise TypeError(f"an unknown figure is neither true nor false: {self.reason}")

    def __str__(self) -> str:
        return f"unknown because {self.reason}"
