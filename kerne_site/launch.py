"""Become a program that the kernel signals when its parent ends (Linux).

    python -I -S launch.py SIGNAL PARENT PROGRAM [ARGUMENT...]

A program of its own, and not code between fork and exec: there a lock that another
thread of the parent held at the fork stays locked for ever, and a start hangs.
Exits with 1 when the parent is gone already. Standard library only, for a fast start.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(number: int) -> None:
    """Have the kernel send this process the signal when its parent ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)


def main() -> None:
    """Ask the kernel, make sure that the parent still lives, become the program."""
    number, parent, *program = sys.argv[1:]
    end_with_parent(int(number))
    if os.getppid() != int(parent):  # it ended before the line above
        sys.exit(1)
    os.execvp(program[0], program)


if __name__ == "__main__":
    main()
