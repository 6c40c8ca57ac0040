"""The fault matrix as data: what goes wrong, and at which stage of a pod's life."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fleet.sandbox.faults import KINDS
from fleet.services.fault_points import POINTS

Fault = dict[str, Any]

# Kinds that can not strike a pod of this console.
BILL = "a bill that is wrong on purpose is no longer what the cloud charged"
ELSEWHERE = {
    "bill_gap": BILL,
    "bill_late": BILL,
    "bill_change": BILL,
}


@dataclass(frozen=True)
class Trouble:
    """One row of the matrix: faults of the cloud, by the stage at which they are ordered.

    `pod` of each fault is filled in: troubles strike their own pods and no others, so
    that all of them run side by side.
    """

    name: str
    launch: tuple[Fault, ...] = ()
    serving: tuple[Fault, ...] = ()
    stop: tuple[Fault, ...] = ()

    @property
    def kinds(self) -> set[str]:
        return {fault["kind"] for fault in (*self.launch, *self.serving, *self.stop)}


def at(kind: str, operation: str = "", times: int = 1, **params: Any) -> Fault:
    fault: Fault = {"kind": kind, "times": times, "params": params}
    return fault | ({"operation": operation} if operation else {})


def on_both_ways(name: str, kind: str, **params: Any) -> Trouble:
    """A fault of the create, and the same of the delete."""
    return Trouble(
        name,
        launch=(at(kind, "createPod", **params),),
        stop=(at(kind, "deletePod", **params),),
    )


TROUBLES = (
    on_both_ways("lost_response", "lost_response"),
    Trouble("no_capacity", launch=(at("no_capacity"),)),
    Trouble("low_balance", launch=(at("low_balance"),)),
    Trouble("forbidden", launch=(at("forbidden"),)),
    on_both_ways("rate_limited", "rate_limited", retry_after=1),
    on_both_ways("server_error before", "server_error", when="before"),
    on_both_ways("server_error after", "server_error", when="after"),
    on_both_ways("slow before", "slow", seconds=6, when="before"),
    on_both_ways("slow after", "slow", seconds=6, when="after"),
    Trouble(
        "list_lag",
        launch=(at("lost_response", "createPod"), at("list_lag", times=4, seconds=6)),
    ),
    Trouble("price_drift", launch=(at("price_drift", factor="3"),)),
    Trouble("stuck", launch=(at("stuck"),)),
    Trouble("vanish", serving=(at("vanish"),)),
    Trouble("error", serving=(at("error"),)),
    Trouble("error at launch", launch=(at("error"),)),
    Trouble("exit", serving=(at("exit"),)),
    Trouble("hang", serving=(at("hang"),)),
    Trouble("counter_reset", serving=(at("counter_reset"),)),
    Trouble("metrics_huge", serving=(at("metrics_huge", times=2),)),
    Trouble("metrics_html", serving=(at("metrics_html", times=2),)),
    Trouble("engine_down", serving=(at("engine_down", times=6),)),
    Trouble(
        "silent when the end is asked for",
        stop=(at("server_error", "getPod", times=2, when="after"),),
    ),
)


@dataclass(frozen=True)
class Death:
    """A kill -9 of the worker at one stage.

    point  a fault point of ours, where only we can hold the stage
    hold   a fault of the cloud that holds the stage open, until `seen` is true
    """

    name: str
    point: str = ""
    hold: tuple[Fault, ...] = ()
    seen: str = ""


LAUNCH_DEATHS = (
    Death("before the intent", "before_intent"),
    Death("after the intent", "after_intent"),
    Death("claimed", "claimed"),
    Death(
        "during the POST",
        hold=(at("slow", "createPod", seconds=4, when="before"),),
        seen="asked",
    ),
    Death("after the POST, id not saved", "created"),
    Death("provisioning", hold=(at("engine_down", times=12),), seen="provisioning"),
)
STOP_DEATHS = (
    Death("after the request", "stop_requested"),
    Death("during the last scrape", "scraped"),
    Death("after the last scrape", "scrape_kept"),
    Death(
        "during the DELETE",
        hold=(at("slow", "deletePod", seconds=4, when="before"),),
        seen="terminating",
    ),
    Death("after the DELETE, not noted", "deleted"),
    Death("after the DELETE, not confirmed", "delete_noted"),
)


def kinds_without_a_row(more: Iterable[str]) -> set[str]:
    """Kinds of fault that the sandbox has and no row of the matrix orders.

    more  those of the rows of the spot market
    """
    ordered: set[str] = set().union(*(trouble.kinds for trouble in TROUBLES))
    return set(KINDS) - ordered - set(ELSEWHERE) - {*more}


def points_without_a_row(more: Iterable[str]) -> set[str]:
    """Fault points at which no row of the matrix lets a worker die.

    more  those of the rows of volumes and endpoints
    """
    return set(POINTS) - {death.point for death in (*LAUNCH_DEATHS, *STOP_DEATHS)} - {*more}
