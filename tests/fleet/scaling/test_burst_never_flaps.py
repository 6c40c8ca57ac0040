"""Simulated days: whatever the demand, replicas stay in their limits and do not flap."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.scaling import Limits, PodLoad, Sample, Standing, decide
from tests.clock import NOON

TICK = 15  # s between two decisions, and between two samples
START_UP = 180  # s until a new replica serves
AT_ONCE = 20  # requests that one replica runs together
DOWN = 1200


@dataclass
class World:
    """Replicas that serve what is asked of them, and the decisions over them."""

    limits: Limits
    blind: set[int] = field(default_factory=set)  # ticks without a sample
    changes: list[tuple[datetime, int, int]] = field(default_factory=list)
    wanted_over_time: list[int] = field(default_factory=list)

    def run(self, demand: list[int]) -> None:
        """`demand`: requests that are there at each tick."""
        current, changed_at = self.limits.baseline, None
        births = [NOON - timedelta(seconds=START_UP)] * current
        series: list[list[Sample]] = [[] for _ in births]
        for tick, asked in enumerate(demand):
            now = NOON + timedelta(seconds=TICK * tick)
            serving = [
                n for n, at in enumerate(births) if (now - at).total_seconds() >= START_UP
            ]
            if tick not in self.blind:
                for n in serving:
                    share = asked / len(serving)
                    running = min(round(share), AT_ONCE)
                    waiting = max(round(share) - AT_ONCE, 0)
                    series[n].append(Sample(now, running, waiting, running / AT_ONCE))
            answer = decide(
                [PodLoad(f"pod-{n}", tuple(series[n][-90:])) for n in serving],
                standing=Standing(current, changed_at),
                limits=self.limits,
                now=now,
            )
            if answer.wanted != current:
                self.changes.append((now, current, answer.wanted))
                births = births[: answer.wanted] + [now] * (answer.wanted - current)
                series = series[: answer.wanted]
                series += [[] for _ in range(answer.wanted - len(series))]
                current, changed_at = answer.wanted, now
            self.wanted_over_time.append(current)


limits = st.builds(
    lambda baseline, more, cents: Limits(
        baseline=baseline,
        most=baseline + more,
        budget_usd_per_hour=Decimal("0.75") * baseline + Decimal(cents) / 100,
        usd_per_replica_hour=Decimal("0.75"),
    ),
    st.integers(1, 3),
    st.integers(0, 6),
    st.integers(0, 500),
)
levels = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 120)), min_size=1, max_size=25
).map(lambda steps: [asked for asked, ticks in steps for _ in range(ticks)][:1200])


@settings(deadline=None, max_examples=40)
@given(limits=limits, demand=levels, blind=st.sets(st.integers(0, 1200), max_size=60))
def test_limits_hold_and_a_step_down_waits_for_twenty_quiet_minutes(limits, demand, blind):
    world = World(limits, blind)
    world.run(demand)

    for wanted in world.wanted_over_time:
        cost = wanted * limits.usd_per_replica_hour
        assert limits.baseline <= wanted <= limits.most
        assert cost <= limits.budget_usd_per_hour or wanted == limits.baseline
    for (before, *_), (at, old, new) in pairwise(world.changes):
        waited = (at - before).total_seconds()
        assert waited >= (DOWN if new < old else 60)


def test_a_demand_that_swings_every_minute_makes_no_more_than_three_steps_down_an_hour():
    swinging = [100 if tick // 4 % 2 else 5 for tick in range(4 * 60 * 6)]
    world = World(Limits(1, 6, Decimal(9), Decimal("0.75")))
    world.run(swinging)

    downs = [at for at, old, new in world.changes if new < old]
    assert len(downs) <= 3 * 6


def test_a_morning_rush_is_followed_up_fast_and_down_slowly():
    minute = 60 // TICK
    world = World(Limits(1, 6, Decimal(9), Decimal("0.75")))
    world.run([5] * 10 * minute + [70] * 60 * minute + [5] * 120 * minute)

    first, *_ = world.changes
    assert first[0] - NOON <= timedelta(minutes=12)  # within two minutes of the rush
    assert max(world.wanted_over_time) == 4  # 4 x 20 requests at once are enough for 70
    assert world.wanted_over_time[-1] == 1
    downs = [at for at, old, new in world.changes if new < old]
    assert downs[0] - NOON >= timedelta(minutes=90)
    assert all(late - early >= timedelta(minutes=20) for early, late in pairwise(downs))


def test_a_world_that_nobody_sees_stays_as_it_is():
    world = World(Limits(1, 6, Decimal(9), Decimal("0.75")), blind=set(range(40, 400)))
    world.run([70] * 40 + [0] * 360)
    seen, unseen = world.wanted_over_time[:40], world.wanted_over_time[45:]

    assert max(seen) > 1
    assert set(unseen) == {seen[-1]}
