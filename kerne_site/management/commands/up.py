"""`manage.py up`: the whole console in the foreground, on a machine with nothing installed.

Starts what is embedded, brings the database up to date, starts the rest at once, watches
all of it, and ends all of it on Ctrl-C.
"""

import contextlib
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import psycopg
import redis
from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from fleet.services.crash_loops import note_console_start
from kerne_site import embedded, occupancy, parts, places, static_files
from kerne_site.celery import QUEUES
from kerne_site.processes import Child, ProcessFailed
from kerne_site.supervisor import GaveUp, Supervisor

PORT_TAKEN_EXIT, OCCUPIED_EXIT, FAILED_EXIT = 2, 3, 1
READY_SECONDS = 60.0
LOOK_SECONDS = 0.2
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(Exception):
    """Ctrl-C, or whoever started us, asks us to end."""


class Command(BaseCommand):
    help = "Start the console with everything it needs; Ctrl-C ends all of it."
    requires_system_checks = [Tags.security]

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            places.ensure_private(settings.KERNE_VAR)
        except OSError as error:
            self._refuse(f"KERNE_VAR is {str(settings.KERNE_VAR)!r}: {error}", FAILED_EXIT)
        self._occupancy = occupancy.Occupancy(settings.KERNE_VAR)
        try:
            leftover = self._occupancy.take()
        except occupancy.Occupied as taken:
            self._refuse(
                f"Kerne already runs in this folder: {taken.note.url} "
                f"(pid {taken.note.pid}). "
                "Use that one, or set KERNE_VAR and KERNE_PORT for a second.",
                OCCUPIED_EXIT,
            )
        if leftover is not None:
            ended = occupancy.end_leftovers(leftover.children)
            if ended:
                self._say(f"earlier run: ended {ended} processes that it left behind")
        self._refuse_taken_ports()
        self._supervisor = Supervisor(
            self._say, self._note_children, patient=settings.FAULT_POINTS
        )
        self._run()

    def _run(self) -> None:
        code = 0
        with _signals_raise():
            try:
                self._start()
                while True:
                    self._supervisor.look(now=time.monotonic())
                    time.sleep(LOOK_SECONDS)
            except StopAsked as asked:
                self._say(f"\nasked to stop ({asked})")
            except (ProcessFailed, GaveUp) as failure:
                self.stderr.write(str(failure))
                code = FAILED_EXIT
        self._stop()
        if code:
            sys.exit(code)

    # -- starting --

    def _start(self) -> None:
        started = time.monotonic()
        postgres, broker = self._start_embedded()
        static_files.collect_if_changed()
        self._await_database(postgres)
        self._migrate()
        note_console_start(timezone.now())
        self._await_redis(broker)
        self._start_processes()
        self._say(f"ready in {time.monotonic() - started:.1f} s: {settings.PUBLIC_URL}")
        self._say("log in once, within 15 minutes, with:")
        call_command("login_link", stdout=self.stdout)
        self._say("Ctrl-C ends everything.")

    def _start_embedded(self) -> tuple[Child | None, Child | None]:
        """Start both servers without waiting for either."""
        postgres = broker = None
        if settings.EMBEDDED_DATABASE:
            self._postgres = embedded.EmbeddedPostgres(settings.KERNE_VAR)
            postgres = self._supervisor.start("database", self._postgres.prepare)
        if settings.EMBEDDED_REDIS:
            self._redis = embedded.EmbeddedRedis(settings.KERNE_VAR)
            broker = self._supervisor.start("redis", self._redis.prepare)
        return postgres, broker

    def _await_database(self, child: Child | None) -> None:
        if child is not None:
            child.wait_until(self._postgres.answers, seconds=embedded.START_SECONDS)
            self._postgres.ensure_database()
            detail = "embedded"
        else:
            try:
                psycopg.connect(settings.DATABASE_URL, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                reason = str(error).strip().splitlines()[0]
                raise ProcessFailed(
                    f"database: DATABASE_URL does not answer: {reason}"
                ) from None
            detail = "by DATABASE_URL"
        connection.ensure_connection()
        version = connection.cursor().connection.info.server_version // 10_000
        self._part("database", f"PostgreSQL {version}, {detail}")

    def _await_redis(self, child: Child | None) -> None:
        if child is not None:
            child.wait_until(self._redis.answers, seconds=embedded.START_SECONDS)
            self._part("redis", "embedded")
            return
        client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5)
        try:
            client.ping()
        except redis.RedisError as error:
            raise ProcessFailed(f"redis: REDIS_URL does not answer: {error}") from None
        finally:
            client.close()
        self._part("redis", "by REDIS_URL")

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            call_command("migrate", interactive=False, verbosity=0)
            self._part("tables", f"{len(plan)} migrations applied")
        connections.close_all()

    def _start_processes(self) -> None:
        """Start cloud, web, worker and beat at once, then wait for each."""
        start = self._supervisor.start
        cloud = start("cloud", parts.cloud) if settings.KERNE_SANDBOX else None
        web = start("web", parts.web)
        worker = start("worker", parts.worker)
        beat = start("beat", parts.beat)
        if cloud is None:
            self._part("cloud", "RunPod, real money")
        else:
            cloud.wait_until(_listens(settings.KERNE_SANDBOX_PORT), seconds=READY_SECONDS)
            self._part("cloud", f"sandbox, play money; engine: {_engine()}")
        web.wait_until(_page_answers, seconds=READY_SECONDS)
        self._part("web", f"{settings.KERNE_HOST}:{settings.KERNE_PORT}")
        for name, child, detail in (
            ("worker", worker, f"queues {', '.join(QUEUES)}"),
            ("beat", beat, "the schedule ticks"),
        ):
            child.wait_until(parts.ready_file(name).exists, seconds=READY_SECONDS)
            self._part(name, detail)

    # -- ending --

    def _stop(self) -> None:
        for number in STOP_SIGNALS:  # asked again: at once
            signal.signal(number, lambda *_: self._supervisor.kill())
        connections.close_all()
        self._say("stopping")
        self._supervisor.stop(parts.STOP_ORDER)
        self._occupancy.leave()
        self._say("stopped; the data is kept in " + str(settings.KERNE_VAR))

    # -- saying --

    def _refuse_taken_ports(self) -> None:
        wanted = [("KERNE_PORT", settings.KERNE_HOST, settings.KERNE_PORT)]
        if settings.KERNE_SANDBOX:
            wanted.append(("KERNE_SANDBOX_PORT", "127.0.0.1", settings.KERNE_SANDBOX_PORT))
            if settings.KERNE_SANDBOX_PORT == settings.KERNE_PORT:
                self._refuse(
                    f"KERNE_PORT and KERNE_SANDBOX_PORT are both {settings.KERNE_PORT}; "
                    "the console and the sandbox need a port each.",
                    PORT_TAKEN_EXIT,
                )
        for variable, host, port in wanted:
            if not _is_free(host, port):
                self._refuse(
                    f"Port {port} is in use by another program. Set {variable} to a free "
                    f"port, such as {variable}={port + 10} make up.",
                    PORT_TAKEN_EXIT,
                )

    def _refuse(self, sentence: str, code: int) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(code)

    def _note_children(self) -> None:
        running = [p.child.pid for p in self._supervisor.parts if p.child is not None]
        self._occupancy.write(
            occupancy.Note(
                pid=os.getpid(),
                url=settings.PUBLIC_URL,
                children=[occupancy.identity(pid) for pid in running],
            )
        )

    def _part(self, name: str, detail: str) -> None:
        self._say(f"{name:<9} ok  {detail}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


@contextlib.contextmanager
def _signals_raise() -> Iterator[None]:
    """Within, each stop signal raises StopAsked once; the next ones are ignored."""

    def ask(asked: int, frame: object) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise StopAsked(signal.Signals(asked).name)

    for number in STOP_SIGNALS:
        signal.signal(number, ask)
    yield


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _listens(port: int) -> Callable[[], bool]:
    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return listens


def _page_answers() -> bool:
    """Whether the web process serves, with database and Redis behind it."""
    host = "127.0.0.1" if settings.KERNE_HOST in ("0.0.0.0", "::") else settings.KERNE_HOST
    request = urllib.request.Request(
        f"http://{host}:{settings.KERNE_PORT}/healthz", headers={"Host": "localhost"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _engine() -> str:
    if settings.KERNE_SANDBOX_ENGINE == "replay":
        return "replay, as KERNE_SANDBOX_ENGINE asks"
    version = parts.vllm_version()
    if version is None:
        return "replay (make vllm installs the real one)"
    return f"vLLM {version} on the CPU"
