"""The account: its pods, volumes and money, and how they change with time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.sandbox import catalog, pods
from fleet.sandbox.endpoints import Endpoints
from fleet.sandbox.engines.command import VllmCommand, weight_gb
from fleet.sandbox.faults import Fault, FaultBook
from fleet.sandbox.money import charge_of, hourly, network_volume_usd_per_month
from fleet.sandbox.placement import place_of, wanted_gpu
from fleet.sandbox.pods import EXITED, HAS_CONTAINER, PROVISIONING, TERMINATED, Pod
from fleet.sandbox.problems import Problem, not_found
from fleet.sandbox.room import EngineRoom
from fleet.sandbox.settings import SandboxSettings
from fleet.sandbox.spot import NOTICE_SECONDS, SpotMarket
from fleet.sandbox.state import StateFiles
from fleet.sandbox.volumes import Volumes, caches_on

DEFAULT_DISK_GB = 1  # the least the contract allows; RunPod gives no storage unasked
Clock = Callable[[], datetime]
MakeId = Callable[[], str]


class Cloud:
    """Everything one account has. Call `settle` before reading or changing anything.

    Change happens only on the event loop's thread and never across an await, so that one
    request sees another's change whole or not at all.

    market  makes it a cloud that sells interruptible pods only
    """

    def __init__(
        self,
        settings: SandboxSettings,
        clock: Clock,
        make_id: MakeId,
        market: SpotMarket | None = None,
    ) -> None:
        self.settings = settings
        self.market = market
        self.clock = clock
        self.faults = FaultBook()
        self._make_id = make_id
        self._files = StateFiles(settings.state_dir)
        self.room = EngineRoom(
            settings, clock, keep=self._files.save_pod, load=self._load_seconds
        )
        self.account, self.pods = self._files.load(settings.opening_balance_usd)
        self.volumes = Volumes(self.account.volumes, self._save_account)
        self.endpoints = Endpoints(
            settings,
            self._files.load_endpoints(),
            self.volumes,
            save=self._files.save_endpoint,
            make_id=make_id,
        )
        self._live = {pod.id: pod for pod in self.pods.values() if pod.ended_at is None}
        self._ended_usd = sum(map(_whole_charge, self._ended()), Decimal(0))
        self._settled_at = 0
        self._told: set[tuple[str, int]] = set()  # pods told that their volume is full
        for pod in self._live.values():
            if pod.status in HAS_CONTAINER:
                pod.incarnation += 1  # engines died with the last sandbox
                self._files.save_pod(pod)
        self._files.save_account(self.account)

    def _save_account(self) -> None:
        self._files.save_account(self.account)

    def new_id(self) -> str:
        """An unused id."""
        return self._make_id()

    # --- time ---------------------------------------------------------------------------

    def now(self) -> float:
        """Epoch seconds."""
        return self.clock().timestamp()

    def settle(self) -> None:
        """Bring everything up to the present: life, faults, balance, engines."""
        now = self.now()
        for pod in self.live():
            if self._advance(pod, now):
                self._files.save_pod(pod)
            self._interrupt(pod, now)
        for fault in self.faults.open_pod_faults():
            self._strike_pods(fault, now)
        if self.endpoints.present():
            self.endpoints.play(now, may_start=self.balance_usd(int(now)) > 0)
        self._enforce_balance(now)
        for pod, why in self.room.match(self.live()):
            self.room.say(pod.id, f"container ended: {why}")
            self._move(pod, EXITED, now)
        self._keep_weights()
        self._settled_at = int(now)

    def _advance(self, pod: Pod, now: float) -> bool:
        before = pod.status
        changed = pods.advance(
            pod,
            now,
            provisioning=self.settings.provisioning_seconds,
            starting=self.settings.starting_seconds,
        )
        if changed and before == PROVISIONING:
            image = pod.body.get("image", "")
            self.room.say(
                pod.id, f"machine found in {pod.data_center}; pulling image {image}"
            )
        return changed

    def _interrupt(self, pod: Pod, now: float) -> None:
        """Give the notice that is due, and take away what had its notice."""
        due = pod.interrupt_at
        if pod.notice_at is None and due is not None and now >= due:
            self._give_notice(pod, due)
        if pod.taken_at is not None and now >= pod.taken_at:
            self.end(pod, pod.taken_at, "interrupted by the provider")

    def _give_notice(self, pod: Pod, at: float) -> None:
        pod.notice_at = at
        self.room.say(pod.id, f"interrupted: gone in {NOTICE_SECONDS:g} s")
        if engine := self.room.engine(pod.id):
            engine.terminate()
        self._files.save_pod(pod)

    async def read_tokens(self) -> None:
        """Ask every engine what it has served, and keep what is new."""
        self.room.match(self.live())
        await self.room.read_tokens()

    async def close(self) -> None:
        """End all engines; pods stay and go on being billed."""
        await self.room.close()

    # --- pods ---------------------------------------------------------------------------

    def live(self) -> list[Pod]:
        """Pods that exist."""
        return list(self._live.values())

    def pod(self, pod_id: str) -> Pod:
        """A pod that exists, or Problem 404."""
        if pod_id not in self._live:
            raise not_found(f"pod {pod_id!r}")
        return self._live[pod_id]

    def gpu_types(self) -> dict[str, catalog.GpuType]:
        """What is sold now, by id."""
        if self.market is None:
            return catalog.GPU_TYPES
        return self.market.gpu_types(self.now())

    def note_create_attempt(self, name: str) -> None:
        """Count a create request, whatever becomes of it."""
        attempts = self.account.create_attempts
        attempts[name] = attempts.get(name, 0) + 1
        self._files.save_account(self.account)

    def create_pod(self, body: dict[str, Any]) -> Pod:
        """Rent a pod; it is on disk when this returns. Problem when it is refused."""
        gpu, count, cloud = wanted_gpu(body, self.gpu_types())
        center = place_of(body, gpu, count, cloud, self.volumes)
        price = gpu.usd_per_gpu_hour(cloud) * count
        self._require_an_hour(price)
        if drift := self.faults.strike("price_drift", body["name"]):
            price *= Decimal(drift.params["factor"])
        now = self.now()
        pod = Pod(
            id=self._make_id(),
            name=body["name"],
            body={"disk": DEFAULT_DISK_GB} | body,
            gpu_id=gpu.id,
            gpu_count=count,
            cloud=cloud,
            data_center=center,
            usd_per_pod_hour=price,
            created_at=int(now),
            stuck=self.faults.strike("stuck", body["name"]) is not None,
            interruptible=self.market is not None,
        )
        if self.market is not None:
            seconds = self.market.seconds_until_interruption(pod.id)
            pod.interrupt_at = None if seconds is None else now + seconds
        self.pods[pod.id] = self._live[pod.id] = pod
        self._move(pod, PROVISIONING, now)
        return pod

    def act(self, pod: Pod, action: str) -> None:
        """Start, stop, restart or terminate; Problem 409 when its status forbids it."""
        if action not in pod.actions:
            allowed = ", ".join(pod.actions) or "none"
            raise Problem(
                409, f"cannot {action} a pod that is {pod.status}; allowed are {allowed}"
            )
        if action == "start" and pod.status == EXITED:
            self._require_an_hour(pod.usd_per_pod_hour)
        self.room.say(pod.id, f"{action} requested")
        targets = {"start": PROVISIONING, "stop": EXITED, "restart": pods.STARTING}
        now = self.now()
        if action == "terminate":
            self.end(pod, now, "terminated by the user")
        else:
            self._move(pod, targets[action], now)

    def end(self, pod: Pod, now: float, reason: str) -> None:
        """Terminate a pod at `now`; it disappears, its charges stay."""
        self._move(pod, TERMINATED, now, reason)
        del self._live[pod.id]
        self._ended_usd += _whole_charge(pod)

    def _move(self, pod: Pod, status: str, now: float, reason: str = "") -> None:
        pods.move(pod, status, now, reason)
        self._files.save_pod(pod)
        if status == TERMINATED:
            self.room.forget(pod)

    # --- faults of pods -----------------------------------------------------------------

    def _strike_pods(self, fault: Fault, now: float) -> None:
        delay = float(fault.params.get("after_seconds", 0))
        for pod in self.live():
            if fault.spent:
                return
            meets = fault.names(pod.name) and pod.id not in fault.hit_pods
            if meets and now >= pod.created_at + delay and self._harm(pod, fault.kind, now):
                fault.struck += 1
                fault.hit_pods.add(pod.id)

    def _harm(self, pod: Pod, kind: str, now: float) -> bool:
        """Do it if the pod is in a state for it; True when done."""
        if kind == "vanish":
            self.end(pod, now, "vanished by a fault")
            return True
        if kind == "interrupt":
            if not pod.interruptible or pod.notice_at is not None:
                return False
            self._give_notice(pod, now)
            return True
        if kind in ("hang", "counter_reset"):
            engine = self.room.engine(pod.id)
            if pod.status != pods.RUNNING or engine is None:
                return False
            if kind == "hang":
                engine.hang()
            else:
                pod.incarnation += 1
                self.room.say(pod.id, "the engine's process restarted")
                self._files.save_pod(pod)
            return True
        if pod.status not in HAS_CONTAINER:
            return False
        self.room.say(pod.id, f"container ended by a fault: {kind}")
        self._move(pod, EXITED if kind == "exit" else pods.ERROR, now)
        return True

    # --- network volumes ----------------------------------------------------------------

    def mounting(self, volume_id: str) -> list[str]:
        """Pods and endpoints that mount a network volume; a stopped pod does, too."""
        found = [pod.id for pod in self.live() if volume_id in pod.network_volume_ids]
        return found + self.endpoints.mounting(volume_id)

    def delete_volume(self, volume_id: str) -> None:
        """Give a network volume up; Problem 409 while something mounts it."""
        self.volumes.delete(volume_id, self.mounting(volume_id), int(self.now()))

    def _load_seconds(self, pod: Pod, command: VllmCommand) -> float:
        """How long a pod's weights take: from its network volume when they lie there."""
        size_gb = weight_gb(command, pod.env)
        speed = self.settings.download_gb_per_second
        for volume_id in pod.network_volume_ids:
            kept = command.model in self.volumes.get(volume_id).weights
            if kept and caches_on(pod, command):
                speed = self.settings.volume_gb_per_second
                self.room.say(pod.id, f"weights of {command.model} found on the volume")
        return size_gb / speed if speed > 0 else 0.0

    def _keep_weights(self) -> None:
        """Loaded weights stay on the network volume that they were loaded through."""
        for pod, command in self.room.loaded():
            for volume_id in pod.network_volume_ids:
                volume = self.volumes.get(volume_id)
                if command.model in volume.weights or not caches_on(pod, command):
                    continue
                size_gb = weight_gb(command, pod.env)
                why = self.volumes.keep_weights(volume, command.model, size_gb)
                if why and (pod.id, pod.incarnation) not in self._told:
                    self._told.add((pod.id, pod.incarnation))
                    self.room.say(pod.id, why)

    # --- money --------------------------------------------------------------------------

    def top_up(self, usd: Decimal) -> None:
        """Add credit."""
        self.account.credit_usd += usd
        self._files.save_account(self.account)

    def balance_usd(self, at: int) -> Decimal:
        """Credit less everything charged until `at` [epoch seconds]."""
        live = sum(
            (charge_of(pod.segments, pod.created_at, at).total_usd for pod in self.live()),
            Decimal(0),
        )
        volumes = sum(
            (item.charge(0, at).total_usd for item in self.volumes.ever()), Decimal(0)
        )
        endpoints = sum((item.total_usd(at) for item in self.endpoints.ever()), Decimal(0))
        return self.account.credit_usd - self._ended_usd - live - volumes - endpoints

    def shown_balance_usd(self) -> Decimal:
        """The balance as the last billing run left it; ended pods are billed at once."""
        now, run = int(self.now()), self.settings.billing_run_seconds
        return self.balance_usd(now - now % run if run > 0 else now)

    def spend_usd_per_hour(self) -> Decimal:
        """What everything costs per hour now: compute, disks, network volumes."""
        total = Decimal(0)
        for pod in self.live():
            last = pod.segments[-1]
            total += last.usd_per_pod_hour + hourly(last.usd_per_storage_month)
        for volume in self.volumes.present():
            total += hourly(network_volume_usd_per_month(volume.size_gb))
        for endpoint in self.endpoints.present():
            total += endpoint.usd_per_hour()
        return total

    def _require_an_hour(self, usd_per_hour: Decimal) -> None:
        balance = self.balance_usd(int(self.now()))
        if balance < usd_per_hour:
            raise Problem(
                402,
                f"balance {balance:.2f} USD does not cover one hour of this pod, "
                f"{usd_per_hour:.2f} USD; add credit",
            )

    def _enforce_balance(self, now: float) -> None:
        """At the first billing run that finds no credit: end, or stop, whatever costs.

        The run may lie in a gap during which nobody asked, even one in which the sandbox
        was down; a real cloud would not have waited either.
        """
        step = max(1, self.settings.billing_run_seconds)
        last_run = int(now) // step
        begins = [pod.created_at for pod in self.live()]
        for endpoint in self.endpoints.present():
            begins += [worker.started_at for worker in endpoint.live()]
        if not begins or self.balance_usd(last_run * step) > 0:
            return
        first = min(begins) // step
        while first < last_run:
            middle = (first + last_run) // 2
            if self.balance_usd(middle * step) > 0:
                first = middle + 1
            else:
                last_run = middle
        at = max(last_run * step, self._settled_at)
        self.endpoints.end_workers(at, "the balance is used up")
        for pod in self.live():
            moment = max(at, pod.created_at)
            if pod.network_volume_ids and pod.status != EXITED:
                self.room.say(pod.id, "stopped: the balance is used up")
                self._move(pod, EXITED, moment)
            elif not pod.network_volume_ids:
                self.end(pod, moment, "terminated: the balance is used up")

    def _ended(self) -> list[Pod]:
        return [pod for pod in self.pods.values() if pod.ended_at is not None]


def _whole_charge(pod: Pod) -> Decimal:
    """All that an ended pod cost [USD]."""
    return pod.charge(pod.created_at, pod.ended_at or pod.created_at).total_usd
