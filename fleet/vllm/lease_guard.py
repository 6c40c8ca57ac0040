"""The dead-man switch inside a pod: ends its server when nobody renews the lease.

Runs in the container, by path, with nothing but the standard library:
`python3 lease_guard.py COMMAND [ARGUMENT ...]`, as the entrypoint of an image that is
made from vLLM's own (`lease.Dockerfile`). It starts the command and answers, beside it,

    POST /lease    renews; asks for the bearer key that the command itself was given
    GET  /lease    what is left, for the same key

When `KERNE_LEASE_SECONDS` pass without a renewal the command is ended, the pod asks
RunPod for its own end with the key that RunPod gives each pod for itself alone, and the
container exits. A container that the provider starts again after that waits for a
renewal before it loads anything. Kerne's own cloud key is never in a pod.

    KERNE_LEASE_SECONDS   how long a renewal lasts; unset or 0: only run the command
    KERNE_LEASE_PORT      where renewals are heard, 8001
    KERNE_LEASE_HOST      0.0.0.0
    KERNE_LEASE_ORDERED   epoch seconds of the order: an older container waits first
    RUNPOD_POD_ID, RUNPOD_API_KEY   given by RunPod; kept from the command
"""

import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GRACE_SECONDS = 20.0
HANDLER_SECONDS = 5
POLL_SECONDS = 0.2
END_TRIES = 5
END_PAUSE_SECONDS = 30.0
EXPIRED = 75  # the exit status of a lease that ran out
POD_URL = "https://api.runpod.io/v2/pods/"


class Lease:
    """A deadline by the monotonic clock, moved by each renewal."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.renewals = 0
        self._until = time.monotonic() + seconds

    def renew(self) -> None:
        self.renewals += 1
        self._until = time.monotonic() + self.seconds

    @property
    def left(self) -> float:
        return self._until - time.monotonic()


def api_key(words: "list[str]") -> str:
    """The bearer key that the command was given; "" where it has none."""
    for place, word in enumerate(words):
        if word.startswith("--api-key="):
            return word.partition("=")[2]
        if word == "--api-key" and place + 1 < len(words):
            return words[place + 1]
    return os.environ.get("VLLM_API_KEY", "")


def serve(lease: Lease, key: str, host: str, port: int) -> None:
    """Hear renewals in a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        timeout = HANDLER_SECONDS

        def answer(self, status: int) -> None:
            body = json.dumps({"seconds": lease.seconds, "left": round(lease.left, 1)})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) if status == 200 else 0))
            self.end_headers()
            if status == 200:
                self.wfile.write(body.encode())

        def allowed(self) -> bool:
            given = self.headers.get("Authorization", "")
            return hmac.compare_digest(given.encode(), f"Bearer {key}".encode())

        def handle_lease(self, *, renew: bool) -> None:
            if self.path != "/lease":
                self.answer(404)
            elif not self.allowed():
                self.answer(401)
            else:
                if renew:
                    lease.renew()
                self.answer(200)

        def do_POST(self) -> None:
            self.handle_lease(renew=True)

        def do_GET(self) -> None:
            self.handle_lease(renew=False)

        def log_message(self, *words: object) -> None:
            """Nothing: the log is the server's."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def say(words: str) -> None:
    print(f"kerne lease: {words}", flush=True)


def environment() -> "dict[str, str]":
    """What the command gets: all but the pod's own cloud key."""
    hidden = ("RUNPOD_API_KEY",)
    return {name: value for name, value in os.environ.items() if name not in hidden}


def end(child: "subprocess.Popen[bytes]") -> None:
    """SIGTERM, and SIGKILL after the grace time; its helpers end with the container."""
    child.terminate()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def end_this_pod() -> bool:
    """Ask RunPod to delete this pod, with the key that it gave the pod for itself."""
    pod_id, key = os.environ.get("RUNPOD_POD_ID"), os.environ.get("RUNPOD_API_KEY")
    if not pod_id or not key or not pod_id.isalnum():
        return False
    request = urllib.request.Request(
        POD_URL + pod_id, method="DELETE", headers={"Authorization": f"Bearer {key}"}
    )
    for attempt in range(END_TRIES):
        if attempt:
            time.sleep(END_PAUSE_SECONDS)
        try:
            with urllib.request.urlopen(request, timeout=20):
                return True
        except OSError as error:
            say(f"the provider did not take the end: {error}")
    return False


def is_old(ordered: str, seconds: float) -> bool:
    """Whether this start comes so late after the order that it is not the first one."""
    return ordered.isdigit() and time.time() - int(ordered) > seconds


def expire(lease: Lease) -> int:
    say(f"not renewed for {lease.seconds:g} s, this pod ends itself")
    end_this_pod()
    return EXPIRED


def guard(command: "list[str]", lease: Lease, *, wait_first: bool) -> int:
    """Run `command` while the lease holds; its exit status, or EXPIRED."""
    if wait_first:
        say("started long after the order: waiting for a renewal")
        while not lease.renewals:
            if lease.left <= 0:
                return expire(lease)
            time.sleep(POLL_SECONDS)
    child = subprocess.Popen(command, env=environment())

    def pass_on(number: int, _frame: object) -> None:
        if child.poll() is None:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    while child.poll() is None:
        if lease.left <= 0:
            say(f"not renewed for {lease.seconds:g} s, the server is ended")
            end(child)
            return expire(lease)
        time.sleep(POLL_SECONDS)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def main() -> int:
    command = sys.argv[1:]
    seconds = float(os.environ.get("KERNE_LEASE_SECONDS") or 0)
    if not command:
        say("no command was given")
        return 2
    if seconds <= 0:
        os.execvp(command[0], command)
    key = api_key(command)
    if not key:
        say("the command has no --api-key, so that anybody could renew")
        return 2
    lease = Lease(seconds)
    host = os.environ.get("KERNE_LEASE_HOST", "0.0.0.0")
    serve(lease, key, host, int(os.environ.get("KERNE_LEASE_PORT") or 8001))
    wait = is_old(os.environ.get("KERNE_LEASE_ORDERED", ""), seconds)
    return guard(command, lease, wait_first=wait)


if __name__ == "__main__":
    sys.exit(main())
