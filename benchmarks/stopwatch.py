"""Run a command and print how long it took and how much memory it had at most.

It is a script, and imports nearly nothing: Linux counts the memory of the process that starts a
command as the command's own, so that the command has to be started by a small one.
"""

import os
import sys
import time


def main() -> None:
    """Run the command after the first argument, which names the file for its output."""
    output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    redirections = [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=redirections)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    print(os.waitstatus_to_exitcode(status), seconds, usage.ru_maxrss)


if __name__ == "__main__":
    main()
