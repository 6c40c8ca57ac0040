"""Request quotas as RunPod publishes them in the RateLimit headers."""

from __future__ import annotations

from collections import defaultdict

from fleet.sandbox.problems import Problem

WINDOWS = (("minute", 60), ("hour", 3600), ("day", 86_400))
HOUR_MINUTES, DAY_MINUTES = 50, 800  # RunPod's example: 60 a minute, 3,000 an hour


class Quota:
    """Counts requests per key in fixed windows of a minute, an hour and a day."""

    def __init__(self, requests_per_minute: int) -> None:
        each = (1, HOUR_MINUTES, DAY_MINUTES)
        self._limits = [requests_per_minute * times for times in each]
        self._used: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))

    def take(self, key: str, now: float) -> dict[str, str]:
        """Count one request; the RateLimit headers, or Problem 429 with them."""
        remaining: list[str] = []
        exceeded: tuple[str, int] | None = None
        for (name, seconds), limit in zip(WINDOWS, self._limits, strict=True):
            window = int(now) // seconds
            last_window, used = self._used[key, name]
            used = used + 1 if last_window == window else 1
            self._used[key, name] = (window, used)
            resets = seconds - int(now) % seconds
            remaining.append(f'"{name}";r={max(0, limit - used)};t={resets}')
            if used > limit and exceeded is None:
                exceeded = (name, resets)
        headers = {"RateLimit": ", ".join(remaining), "RateLimit-Policy": self._policy()}
        if exceeded:
            name, resets = exceeded
            headers["Retry-After"] = str(resets)
            raise Problem(
                429, f"rate limit exceeded for the {name} window", headers=headers
            )
        return headers

    def _policy(self) -> str:
        return ", ".join(
            f'"{name}";q={limit};w={seconds}'
            for (name, seconds), limit in zip(WINDOWS, self._limits, strict=True)
        )
