"""The programs under test: a login server as one runs it on its EC2 machine, and clients."""

import datetime
import queue
import re
import subprocess
import threading
import time

import network
from processes import eventually

PORT = 8888
ENROLMENT = 8889


class Login:
    """`tenfold-login 10.99.0.1 8888 --fleet ec2`, nothing else but what makes the test short."""

    def __init__(self, bins, folder, number, processes, url):
        self.processes, self.home, self.log_file = processes, folder / "home", folder / f"login-{number}.log"
        command = [str(bins / "tenfold-login"), network.HOST, str(PORT), "--fleet", "ec2", "--metrics", "none", "--idle-grace", "5s",
                   "--ec2-list-lag", "10s", "--home", str(self.home)]
        # Region, credentials and all else come from the machine's metadata.
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "AWS_ENDPOINT_URL": url,
                       "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        self.process = processes.start(command, self.log_file, stdout=subprocess.PIPE, env=environment)
        self.lines = Lines(self.process.stdout)

    def wait(self, within):
        def listens():
            if self.process.poll() is not None:
                raise SystemExit(f"boot.py: the login server ended:\n{self.log()}")
            return self.lines.find("isten")
        return eventually("the login server listens", listens, within)

    def log(self):
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log_file.read_text(errors="replace"))

    def logged(self, text):
        """When it logged that first."""
        line = next(line for line in self.log().splitlines() if text in line)
        return datetime.datetime.fromisoformat(line.split()[0].replace("Z", "+00:00")).timestamp()

    def stop(self):
        status = self.processes.end(self.process, patience=60)
        if status != 0:
            raise SystemExit(f"boot.py: the login server ended with {status}:\n{self.log()}")

    def query(self, sql):
        """Rows of the private Postgres, as lists of texts."""
        url = (self.home / "postgres/url").read_text().strip()
        answered = subprocess.run(["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--field-separator=\t", "--command", sql, url],
                                  check=True, capture_output=True, text=True, timeout=20)
        return [line.split("\t") for line in answered.stdout.splitlines() if line]

    def recorded(self, reference):
        """When each step of an instance's life was recorded, and its state, by EC2's name of it."""
        rows = self.query("select kind, extract(epoch from recorded_at) from event join instance on instance.id = event.stream "
                          f"where reference = '{reference}' order by event.position")
        return {kind: float(when) for kind, when in rows}

    def state(self, reference):
        return (self.query(f"select state from instance where reference = '{reference}'") or [[""]])[0][0]


class Lines:
    """What a program says, each line with its time."""

    def __init__(self, stream):
        self.all, self.next = [], queue.Queue()
        threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            text = line.decode(errors="replace").rstrip("\n")
            self.all.append((time.time(), text))
            self.next.put(self.all[-1])

    def find(self, pattern):
        return next((found for found in list(self.all) if re.search(pattern, found[1])), None)


class Client:
    """One prompt: a command, and the line that answers it."""

    def __init__(self, bins, folder, processes, host=network.HOST):
        command = [str(bins / "tenfold-client"), host, str(PORT)]
        self.process = processes.start(command, folder / "client.log", stdout=subprocess.PIPE, stdin=subprocess.PIPE,
                                       env={"PATH": "/usr/bin:/bin"})
        self.lines = Lines(self.process.stdout)

    def send(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        return time.time()

    def say(self, command, expected, within=30):
        """Gives when it was sent and when it was answered; what else is said meanwhile is shown."""
        sent = self.send(command)
        while True:
            try:
                when, line = self.lines.next.get(timeout=max(0.1, sent + within - time.time()))
            except queue.Empty:
                raise SystemExit(f"boot.py: no answer to {command!r} within {within} s") from None
            if line == expected:
                return sent, when
            print(f"        {when - sent:6.1f} s  the client says: {line}", flush=True)

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)
