"""What a schedule is asked for: demand, what could be rented, and what must hold.

Hours are whole UTC hours [start + t, start + t + 1), t = 0, 1, … Amounts are USD.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from math import ceil

from economics.calc.hours import SECONDS_PER_HOUR
from economics.calc.spot import useful_share
from economics.calc.token_mix import TokenCounts, TokenRates, revenue
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown

MOST_HOURS = 24 * 31
MOST_CANDIDATES = 60
ZERO = Decimal(0)
ONE = Decimal(1)


class ProblemInvalid(ValueError):
    """A question that has no meaning; the sentence names the field and the value."""


class Rental(StrEnum):
    """How a candidate is rented."""

    ON_DEMAND = "on_demand"
    SCHEDULED = "scheduled"
    SPOT = "spot"
    SERVERLESS = "serverless"


@dataclass(frozen=True)
class ModelDemand:
    """What is asked of one model, hour by hour, and what an answer earns.

    tokens          of each hour, by class, before `share`: the whole demand
    requests        of each hour, likewise; only cold starts of serverless depend on it
    net_rates       [USD / token] after take rate and what is never paid
    share           [1] of the demand that is routed to us, in [0, 1]
    least_replicas  rented in every hour, spot and serverless not counted
    most_replicas   rented at once; None: no limit of its own
    uptime          [1] least share of the hours in which a replica serves, likewise
    """

    model: str
    tokens: tuple[TokenCounts, ...]
    requests: tuple[int, ...]
    net_rates: TokenRates
    share: Decimal = ONE
    least_replicas: int = 0
    most_replicas: int | None = None
    uptime: Decimal = ZERO

    def __post_init__(self) -> None:
        if len(self.tokens) != len(self.requests):
            raise ProblemInvalid(
                f"{self.model}: {len(self.tokens)} hours of tokens and "
                f"{len(self.requests)} of requests; give both for each hour"
            )
        for name in ("share", "uptime"):
            _in_unit(f"{self.model}: {name}", getattr(self, name))
        if self.least_replicas < 0 or min(self.requests, default=0) < 0:
            raise ProblemInvalid(f"{self.model}: replicas and requests must be 0 or more")
        if self.most_replicas is not None and self.most_replicas < 0:
            raise ProblemInvalid(f"{self.model}: most replicas must be 0 or more")

    @cached_property
    def net_usd(self) -> tuple[Decimal, ...]:
        """What the whole demand of each hour would earn [USD / h]."""
        return tuple(revenue(counts, self.net_rates) for counts in self.tokens)


@dataclass(frozen=True)
class Candidate:
    """One way to serve a model.

    usd_per_hour            of a replica; of serverless: of a worker's billed hour
    seconds                 of a full replica per token: the two-parameter capacity
    load_seconds            [s] from the order to the first answer, paid, serving nothing
    load_usd                [USD] each start costs on top of its rent
    min_run_hours           a replica once started stays so many hours
    stock                   replicas that can be had at once; of serverless: workers
    allowed                 the hours in which it may run; None: all
    interruptions_per_hour  of spot, each paid with another load
    idle_seconds            [s] a serverless worker stays, billed, after its last answer
    most_utilization        [1] of a replica's time that can be filled, in (0, 1]
    running                 replicas that run already when the first hour begins
    """

    key: str
    model: str
    usd_per_hour: Decimal
    seconds: TokenSeconds
    rental: Rental = Rental.ON_DEMAND
    hardware: str = ""
    load_seconds: Decimal = ZERO
    load_usd: Decimal = ZERO
    min_run_hours: int = 1
    stock: int = 1
    allowed: tuple[bool, ...] | None = None
    interruptions_per_hour: Decimal = ZERO
    idle_seconds: Decimal = ZERO
    most_utilization: Decimal = ONE
    running: int = 0

    def __post_init__(self) -> None:
        amounts = (
            *(self.usd_per_hour, self.load_seconds, self.load_usd),
            *(self.interruptions_per_hour, self.idle_seconds),
        )
        if not all(each.is_finite() and each >= 0 for each in amounts):
            raise ProblemInvalid(f"{self.key}: prices, times and rates must be 0 or more")
        if self.stock < 0 or not 0 <= self.running <= self.stock:
            raise ProblemInvalid(
                f"{self.key}: running must be in [0, stock], got {self.running} of "
                f"{self.stock}"
            )
        if self.min_run_hours < 1:
            raise ProblemInvalid(f"{self.key}: min_run_hours must be 1 or more")
        if not 0 < self.most_utilization <= 1:
            raise ProblemInvalid(
                f"{self.key}: most_utilization must be in (0, 1], got "
                f"{self.most_utilization}"
            )
        if self.interruptions_per_hour and self.rental != Rental.SPOT:
            raise ProblemInvalid(f"{self.key}: only spot is interrupted")

    @property
    def is_serverless(self) -> bool:
        return self.rental == Rental.SERVERLESS

    @property
    def counts_for_uptime(self) -> bool:
        """Whether it is there for sure: spot goes when the cloud says, a worker sleeps."""
        return self.rental in (Rental.ON_DEMAND, Rental.SCHEDULED)

    @property
    def kept_hours(self) -> int:
        """Hours a started replica stays: its minimum, and until it has loaded."""
        return max(self.min_run_hours, ceil(self.load_seconds / SECONDS_PER_HOUR), 1)

    @property
    def usd_per_replica_hour(self) -> Decimal:
        """Rent of an hour with its expected reloads [USD / replica-hour]."""
        return self.usd_per_hour + self.interruptions_per_hour * self.load_usd

    @cached_property
    def filled_share(self) -> Decimal:
        """[1] of a loaded replica's hour that can be sold: interruptions and the limit."""
        if not self.interruptions_per_hour:
            return self.most_utilization
        useful = useful_share(
            interruptions_per_hour=self.interruptions_per_hour,
            load_hours=self.load_seconds / SECONDS_PER_HOUR,
        )
        assert not isinstance(useful, Unknown)  # no work is lost but the loading
        return useful * self.most_utilization

    def lost_seconds(self, hours_ago: int) -> Decimal:
        """[s] of an hour that a replica started `hours_ago` (0: in it) still loads."""
        left = self.load_seconds - SECONDS_PER_HOUR * hours_ago
        return min(max(left, ZERO), Decimal(SECONDS_PER_HOUR))

    def may_run(self, hour: int) -> bool:
        return self.allowed is None or self.allowed[hour]

    def cold_start_seconds(self, requests: Decimal) -> Decimal:
        """Billed seconds in which workers serve nothing, in an hour of `requests`.

        Requests that come at random find no worker awake after a gap longer than the idle
        timeout: of n in an hour, n × e^(−n × idle / 3600). Each pays the cold start and
        the idle time. At least one does, where anything is asked at all.
        """
        if requests <= 0:
            return ZERO
        gaps = requests * (-requests * self.idle_seconds / SECONDS_PER_HOUR).exp()
        return max(gaps, ONE) * (self.load_seconds + self.idle_seconds)


@dataclass(frozen=True)
class Limits:
    """What every hour and day must keep to; None: no such limit.

    usd_per_hour   rent of all replicas at once, and serverless as expected
    usd_per_day    everything that is spent in a UTC day
    most_replicas  of all models at once, serverless workers not counted
    """

    usd_per_hour: Decimal | None = None
    usd_per_day: Decimal | None = None
    most_replicas: int | None = None

    def __post_init__(self) -> None:
        for name in ("usd_per_hour", "usd_per_day", "most_replicas"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ProblemInvalid(f"{name} must be 0 or more, got {value}")


@dataclass(frozen=True)
class Problem:
    """One question: which replicas should run in which hour from `start` on.

    fixed_usd_per_day  what is paid whatever runs (volumes, domain), not part of a limit
    """

    start: datetime
    demands: tuple[ModelDemand, ...]
    candidates: tuple[Candidate, ...]
    limits: Limits = Limits()
    fixed_usd_per_day: Decimal = ZERO

    def __post_init__(self) -> None:
        if self.start.utcoffset() != timedelta(0) or self.start.minute:
            raise ProblemInvalid(f"start must be a full UTC hour, got {self.start}")
        if not self.demands or not self.candidates:
            raise ProblemInvalid("a schedule needs a demand and something to rent")
        if not 0 < self.hours <= MOST_HOURS:
            raise ProblemInvalid(f"hours must be 1 to {MOST_HOURS}, got {self.hours}")
        if len(self.candidates) > MOST_CANDIDATES:
            raise ProblemInvalid(
                f"{len(self.candidates)} candidates; at most {MOST_CANDIDATES} are taken"
            )
        self._check_names()

    def _check_names(self) -> None:
        models = [demand.model for demand in self.demands]
        keys = [candidate.key for candidate in self.candidates]
        if len(set(models)) < len(models) or len(set(keys)) < len(keys):
            raise ProblemInvalid("each model and each candidate may be named once")
        for candidate in self.candidates:
            if candidate.model not in models:
                raise ProblemInvalid(
                    f"{candidate.key}: there is no demand of {candidate.model!r}"
                )
            if candidate.allowed is not None and len(candidate.allowed) != self.hours:
                raise ProblemInvalid(
                    f"{candidate.key}: allowed names {len(candidate.allowed)} hours, the "
                    f"demand has {self.hours}"
                )
        if any(len(demand.tokens) != self.hours for demand in self.demands):
            raise ProblemInvalid("every model needs the same number of hours")

    @property
    def hours(self) -> int:
        return len(self.demands[0].tokens)

    @property
    def days(self) -> Decimal:
        return Decimal(self.hours) / 24

    def demand_of(self, candidate: Candidate) -> ModelDemand:
        return next(each for each in self.demands if each.model == candidate.model)

    def work_seconds(self, candidate: Candidate) -> tuple[Decimal, ...]:
        """Seconds of a full replica that the whole demand of each hour takes [s]."""
        demand = self.demand_of(candidate)
        return tuple(candidate.seconds.of(counts) for counts in demand.tokens)

    def day_ranges(self) -> Iterator[tuple[str, range]]:
        """The hours of each UTC day, and its date; the first and last may be cut."""
        begin = 0
        while begin < self.hours:
            at = self.start.astimezone(UTC) + timedelta(hours=begin)
            end = min(begin + 24 - at.hour, self.hours)
            yield at.date().isoformat(), range(begin, end)
            begin = end


def _in_unit(name: str, value: Decimal) -> None:
    if not 0 <= value <= 1:
        raise ProblemInvalid(f"{name} must be in [0, 1], got {value}")


def pods_of(candidates: Sequence[Candidate]) -> list[int]:
    """Indices of the candidates that are rented by the hour."""
    return [i for i, each in enumerate(candidates) if not each.is_serverless]
