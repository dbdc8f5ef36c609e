"""Everything that is started, ended by its process id: at the end, and when this process dies."""

import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1


def with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Processes:
    def __init__(self):
        self.all = []

    def start(self, command, log, stdout=None, stdin=subprocess.DEVNULL, **options):
        with open(log, "ab") as said:
            process = subprocess.Popen(command, stdin=stdin, stdout=stdout or said, stderr=said, preexec_fn=with_parent, **options)
        self.all.append(process)
        return process

    @staticmethod
    def end(process, patience=0.0):
        """By SIGTERM where there is patience. Gives the exit status."""
        if process.poll() is None and patience:
            process.terminate()
            try:
                return process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
        if process.poll() is None:
            process.kill()
        return process.wait(10)

    def end_all(self):
        for process in reversed(self.all):
            self.end(process)


def end_postgres(home):
    """The private Postgres is no child of ours: a login server that was killed leaves it."""
    for file in home.glob("**/postmaster.pid"):
        pid = int(file.read_text().split()[0])
        try:
            os.kill(pid, signal.SIGQUIT)
        except ProcessLookupError:
            continue
        deadline = time.time() + 10
        while file.exists() and time.time() < deadline:
            time.sleep(0.1)


def eventually(what, find, within):
    """What `find` gives at last."""
    deadline = time.time() + within
    while True:
        found = find()
        if found:
            return found
        if time.time() > deadline:
            raise SystemExit(f"boot.py: not within {within:.0f} s: {what}")
        time.sleep(0.05)
