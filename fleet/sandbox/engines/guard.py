"""Runs one engine and ends its whole process group when the sandbox is gone.

Started by path, standard library only: ``python guard.py COMMAND...``. The sandbox holds
the other end of our standard input and never writes to it; the kernel closes it when the
sandbox dies, also by kill -9, and a real vLLM would otherwise keep gigabytes for ever.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

GRACE_SECONDS = 5.0


def end_group(child: "subprocess.Popen[bytes]") -> None:
    """SIGTERM to the child's group, SIGKILL to what is left of it after the grace time."""
    deadline = time.monotonic() + GRACE_SECONDS
    try:
        os.killpg(child.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            child.poll()
            os.killpg(child.pid, 0)
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # the group is empty


def main() -> int:
    """Run the command until it ends or our standard input closes; its exit status."""
    # vLLM leaves sockets and rendezvous files; the name stays short for the sockets' sake
    scratch = tempfile.mkdtemp(prefix="kerne-vllm-")
    child = subprocess.Popen(
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"TMPDIR": scratch},
    )

    def watch_the_sandbox() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        end_group(child)

    def terminated(_signal: int, _frame: object) -> None:
        threading.Thread(target=end_group, args=(child,)).start()

    signal.signal(signal.SIGTERM, terminated)
    signal.signal(signal.SIGINT, terminated)
    threading.Thread(target=watch_the_sandbox, daemon=True).start()
    status = child.wait()
    end_group(child)  # helpers of an engine that crashed
    shutil.rmtree(scratch, ignore_errors=True)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
