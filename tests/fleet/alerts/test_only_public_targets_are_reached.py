"""A corpus of addresses that point inwards, in every form that a parser may read."""

import os
import socket
import subprocess
from ipaddress import ip_address

import pytest

from fleet.outgoing import (
    Allowed,
    TargetRefused,
    ask,
    check_address,
    check_host,
    guarded,
    is_public,
)
from tests.fleet.alerts.receivers import web_hook

NOTHING = Allowed()
LOOPBACK = Allowed.from_words(["127.0.0.0/8"])
INWARD = [
    *("127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
    *("169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192"),
    *("192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "224.0.0.1"),
    *("239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.0.1"),
    *("::1", "::", "::2", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1"),
    *("::127.0.0.1", "::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::", "2002:c0a8:1::1", "2001:db8::1", "100::1"),
    "2001:0:0:0:0:0:80ff:fffe",  # Teredo around 127.0.0.1
]
ODD = [
    *("0177.0.0.1", "0177.0.0.01", "127.1", "127.0.1", "2130706433", "017700000001"),
    *("0x7f000001", "0x7f.0.0.1", "0x7f.1", "0X7F.0x0.0x0.0x1", "3232235521", "0"),
    *("0xa9fea9fe", "2852039166", "169.254.43518", "0251.0376.0251.0376", "1.1"),
    *("127.0.0.1.", "0127.0.0.1", "00000000177.0.0.1", "127.0.0.256"),
]
NO_HOST = [
    "",
    "a b",
    "a\x00b",
    "a\\b",
    "-a.example",
    "a..example",
    "x" * 300,
    "a\n.example",
]
BY_NAME = ["localhost", "LOCALHOST", "localhost.", "ip6-localhost"]
URLS = [
    *(f"http://[{each}]/" if ":" in each else f"http://{each}/" for each in INWARD),
    *(f"https://{each}:8443/x?y=z" for each in ODD),
    *(f"http://public.example@{each}/" for each in ("127.0.0.1", "10.0.0.1", "[::1]")),
    *(f"http://user:pw@{each}/" for each in ("169.254.169.254", "0177.0.0.1")),
    *(f"{scheme}://8.8.8.8/" for scheme in ("file", "gopher", "ftp", "dict", "ldap", "")),
    *("http:///etc/passwd", "file:///etc/passwd", "//127.0.0.1/", "127.0.0.1", "http://"),
    *("http://8.8.8.8\\@127.0.0.1/", "http://127.0.0.1\\.example/", "http://8.8.8.8 /"),
    *("http://8.8.8.8\t/", "http://8.8.8.8/\r\nHost: x", "http://[::1", "http://a:99999/"),
    *("http://①②⑦.0.0.1/", "http://127。0。0。1/", "http://⑯⑨.254.169.254/"),
    *(
        "http://127.0.0.1%00.example/",
        "http://%31%32%37.0.0.1/",
        "http://8.8.8.8#@10.0.0.1/x y",
    ),
    *("unix:///var/run/docker.sock", "http+unix://%2fvar%2frun%2fdocker.sock/", "data:,x"),
]


def resolving(*addresses: str):
    """A resolver that answers so for every name."""

    def resolve(*_: object, **__: object):
        return [(socket.AF_INET, 1, 6, "", (address, 0)) for address in addresses]

    return resolve


@pytest.mark.parametrize("written", INWARD)
def test_an_inward_address_is_not_public(written: str):
    assert not is_public(ip_address(written.partition("%")[0]))


@pytest.mark.parametrize(
    "written", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"]
)
def test_a_public_address_is_public(written: str):
    assert is_public(ip_address(written))
    assert check_host(written, allowed=NOTHING)


@pytest.mark.parametrize("url", URLS)
def test_no_inward_url_escapes(url: str):
    """Each is refused, or its name is not public when a resolver is asked as it stands."""
    with pytest.raises(TargetRefused):
        check_address(url, allowed=NOTHING)


@pytest.mark.parametrize("host", [*ODD, *NO_HOST, *BY_NAME])
def test_no_odd_or_local_name_escapes(host: str):
    with pytest.raises(TargetRefused):
        check_host(host, allowed=NOTHING)


def test_the_corpus_is_a_corpus():
    assert len(URLS) + len(INWARD) + len(ODD) + len(NO_HOST) + len(BY_NAME) > 150


def test_one_inward_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(TargetRefused, match="10.0.0.1"):
        check_host("a.example", allowed=NOTHING, resolve=resolving("8.8.8.8", "10.0.0.1"))


def test_a_name_that_turns_inward_after_the_check_is_stopped_at_the_connect():
    """DNS rebinding: public when it is judged, ours when it is used."""
    check_host("a.example", allowed=NOTHING, resolve=resolving("8.8.8.8"))

    with web_hook() as hook, guarded(NOTHING) as guard:
        with pytest.raises(TargetRefused, match="not a public address"):
            socket.create_connection(("127.0.0.1", hook.port), timeout=1)
        assert "127.0.0.1" in guard.refusal
    assert hook.got == []


def test_a_connect_by_name_is_refused_because_nobody_judged_its_address():
    with guarded(NOTHING), socket.socket() as out, pytest.raises(TargetRefused):
        out.connect(("localhost", 9))


def test_sockets_programs_and_files_that_no_message_needs_are_refused(tmp_path):
    secret = tmp_path / "secret_key"
    secret.write_text("x")
    with guarded(NOTHING):
        with socket.socket(socket.AF_UNIX) as local, pytest.raises(TargetRefused):
            local.connect("/var/run/docker.sock")
        with socket.socket(type=socket.SOCK_DGRAM) as out, pytest.raises(TargetRefused):
            out.sendto(b"x", ("127.0.0.1", 514))
        with pytest.raises(TargetRefused):
            subprocess.run(["true"], check=False)
        with pytest.raises(TargetRefused):
            os.system("true")
        with pytest.raises(PermissionError):
            secret.read_text()
    assert secret.read_text() == "x"


def test_outside_of_the_guard_nothing_is_watched():
    with web_hook() as hook, guarded(NOTHING):
        pass
    with web_hook() as hook:
        socket.create_connection(("127.0.0.1", hook.port), timeout=1).close()


def test_a_listed_network_may_be_asked():
    with web_hook() as hook:
        reply = ask(f"http://127.0.0.1:{hook.port}/ping/x", allowed=LOOPBACK)

    assert (reply.ok, reply.words) == (True, "HTTP 200")
    assert hook.got == [("/ping/x", b"")]


def test_a_listed_name_may_be_asked_and_its_neighbours_may_not():
    named = Allowed.from_words(["localhost"])
    with web_hook() as hook:
        assert ask(f"http://localhost:{hook.port}/", allowed=named).ok
        assert not ask(f"http://127.0.0.1:{hook.port}/", allowed=named).ok


def test_a_redirect_is_not_followed():
    with web_hook() as inner, web_hook(status=302) as outer:
        outer.location = f"http://127.0.0.1:{inner.port}/secret"
        reply = ask(f"http://127.0.0.1:{outer.port}/", allowed=LOOPBACK)

    assert (reply.ok, reply.words) == (False, "HTTP 302")
    assert inner.got == []


@pytest.mark.parametrize("word", ["10.0.0.0/99", "10.0.0.1/8", "0x7f.1", "a b", "127.1"])
def test_a_list_that_can_not_be_read_is_refused_with_the_word(word: str):
    with pytest.raises(ValueError, match="is no network and no host"):
        Allowed.from_words([word])
