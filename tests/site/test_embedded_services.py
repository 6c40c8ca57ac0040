import os
import signal
from pathlib import Path

import psycopg
import pytest
import redis

from kerne_site import places
from kerne_site.embedded import EmbeddedPostgres, EmbeddedRedis


@pytest.fixture
def short(tmp_path) -> Path:
    return tmp_path / "var"


def write_and_read(postgres: EmbeddedPostgres, value: str) -> list[str]:
    """Add a row, and give all there are."""
    with psycopg.connect(postgres.url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])
        connection.commit()
        return [row[0] for row in connection.execute("SELECT value FROM kept")]


def test_postgres_18_keeps_its_data_over_a_restart(short):
    postgres = EmbeddedPostgres(short)
    child = postgres.start()
    write_and_read(postgres, "first")
    child.stop()
    assert child.exit_code() == 0

    child = postgres.start()
    try:
        assert write_and_read(postgres, "second") == ["first", "second"]
        with psycopg.connect(postgres.url) as connection:
            assert connection.info.server_version // 10_000 == 18
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    finally:
        child.stop()


def test_postgres_starts_again_after_it_was_killed(short):
    postgres = EmbeddedPostgres(short)
    child = postgres.start()
    write_and_read(postgres, "committed")
    os.kill(child.pid, signal.SIGKILL)
    child.kill_group()
    assert (short / "postgres" / "postmaster.pid").exists()

    child = postgres.start()
    try:
        assert write_and_read(postgres, "again") == ["committed", "again"]
    finally:
        child.stop()


def test_a_pid_file_that_names_somebody_elses_process_does_not_stop_postgres(short):
    postgres = EmbeddedPostgres(short, durable=False)
    postgres.start().stop()
    (short / "postgres" / "postmaster.pid").write_text(f"{os.getppid()}\n/elsewhere\n")

    child = postgres.start()

    child.stop()
    os.kill(os.getppid(), 0)  # it lives


def test_a_server_that_is_still_there_is_ended_first(short):
    postgres = EmbeddedPostgres(short, durable=False)
    earlier = postgres.start()

    later = postgres.start()

    assert earlier.wait(5)
    assert postgres.answers()
    later.stop()


def test_an_interrupted_initialization_leaves_no_half_of_a_cluster(short):
    half = short / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    child = EmbeddedPostgres(short, durable=False).start()

    child.stop()
    assert not half.exists()


def test_only_this_user_may_connect(short):
    postgres = EmbeddedPostgres(short, durable=False)
    child = postgres.start()
    try:
        rules = (short / "postgres" / "pg_hba.conf").read_text()
        with psycopg.connect(postgres.url) as connection:
            listens = connection.execute("SHOW listen_addresses").fetchone()
    finally:
        child.stop()

    assert rules == "local all all peer map=kerne\n"
    assert listens == ("",)


def test_redis_keeps_its_data_over_a_restart_and_a_kill(short):
    server = EmbeddedRedis(short)
    for end in (signal.SIGTERM, signal.SIGKILL):
        child = server.start()
        client = redis.Redis.from_url(server.url)
        client.rpush("kept", end.name)
        os.kill(child.pid, end)
        assert child.wait(5)

    child = server.start()
    client = redis.Redis.from_url(server.url)
    try:
        assert client.lindex("kept", 0) == b"SIGTERM"
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    finally:
        child.stop()


def test_a_folder_with_a_long_name_has_its_sockets_elsewhere(tmp_path):
    long = tmp_path / ("a long name " * 10)
    postgres, broker = EmbeddedPostgres(long, durable=False), EmbeddedRedis(long)
    children = [postgres.start(), broker.start()]
    try:
        assert not places.socket_folder(long).is_relative_to(long)
        assert write_and_read(postgres, "x") == ["x"]
        assert redis.Redis.from_url(broker.url).ping()
    finally:
        for child in children:
            child.stop()
        places.socket_folder(long).rmdir()


def test_two_folders_never_share_their_sockets(tmp_path):
    one, other = tmp_path / ("x" * 120), tmp_path / ("y" * 120)

    assert places.socket_folder(one) != places.socket_folder(other)


def test_a_socket_folder_of_another_user_is_not_trusted(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder for somebody else")
    os.chown(tmp_path, 65534, 65534)

    with pytest.raises(PermissionError, match="belongs to another user"):
        places.ensure_private(tmp_path)
