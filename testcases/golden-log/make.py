#!/usr/bin/env python3
"""Makes the golden log: a whole service's database, written by one build, for later builds to read.

    target/debug/tenfold-test-run testcases/golden-log/make.py PROGRAMS OUTPUT

PROGRAMS is a folder with that build's programs (`cargo build --workspace --all-features`: target/debug). OUTPUT is a
folder that gets the files of this one. It needs Postgres' own pg_dump and psql, and takes about two minutes.
"""

import gzip
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid

PATIENCE = 60
SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "scripts"

# What a build of schema version 8 wrote for a launch that EC2 refused, word for word
# (login/src/fleet/provider/ec2/{errors,launch}.rs and login/src/fleet/reconcile/hand.rs of that build).
NOT_LAUNCHED = "it could not be launched: "
EC2_REFUSALS = [
    "capacity: EC2 has no machine for RunInstances there now (InsufficientInstanceCapacity)",
    "capacity: EC2 had no machine anywhere a moment ago: name more subnets or types of machines, or wait",
    "quota: this AWS account may have no more (VcpuLimitExceeded): ask for a higher limit under Service Quotas",
    "throttled: EC2 was asked too often (RequestLimitExceeded)",
    "credentials: AWS does not let this server use RunInstances (UnauthorizedOperation): "
    "see its credentials and its role's policy",
    "credentials: no AWS credentials were found: give the machine a role, or set AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY",
    "timeout: EC2 did not answer RunInstances",
    "timeout: EC2 could not say whether RunInstances was done (InternalError)",
    "timeout: EC2 did not say what it has launched",
    "timeout: the provider does not answer",
    "EC2 refused RunInstances (InvalidAMIID.NotFound)",
]


def eventually(what, look):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = look()
        if answer:
            return answer
        time.sleep(0.05)
    sys.exit(f"waited {PATIENCE} s in vain: {what}")


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{command}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Service:
    """A login server with its fleet, on the golden database and home."""

    def __init__(self, programs, url, home, *options):
        command = [programs / "tenfold-login", "127.0.0.1", "0", "--database", url, "--home", home]
        for option, value in (("--session-ttl", "36500days"), ("--idle-grace", "200ms")):
            command += [] if option in options else [option, value]
        command += options
        self.programs = programs
        log = open(home / "servers.log", "a")
        self.process = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=log, text=True, env=surroundings()
        )
        line = self.process.stdout.readline()
        self.port = line.strip().rsplit(":", 1)[-1]
        if not self.port.isdigit():
            sys.exit(f"the login server printed {line!r}\n" + (home / "servers.log").read_text()[-2000:])

    def people_type(self, script):
        return run(self.programs / "tenfold-client", "127.0.0.1", self.port, input=script, env=surroundings())

    def apps(self):
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [pid for thread in threads for pid in (thread / "children").read_text().split()]
        return [int(pid) for pid in children if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "tenfold-app"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(PATIENCE):
            sys.exit("the login server did not end well")


def surroundings():
    return {name: value for name, value in os.environ.items() if not name.startswith("TENFOLD_")}


def the_scripts(programs, url, home):
    service = Service(programs, url, home, "--seat-hold", "300ms")
    fresh = (SCRIPTS / "needs-fresh-database").read_text().split()
    names = sorted(path.stem for path in SCRIPTS.glob("*.in"))
    for name in sorted(names, key=lambda name: name not in fresh):
        service.people_type((SCRIPTS / f"{name}.in").read_text())
    service.stop()


def sessions_that_expire(programs, url, home, sql):
    service = Service(programs, url, home, "--seat-hold", "200ms", "--session-ttl", "1s")
    service.people_type("register golden-sleeper secret\nlogin golden-sleeper secret\nexit\n")
    expired = "select count(*) from event where kind = 'SessionEnded' and data::text like '%expired%'"
    eventually("a session expires", lambda: int(sql(expired)) > 0)
    service.stop()


def people_who_stay(programs, url, home, sql):
    """Accounts, friends, posts, groups and sessions of all kinds, on several servers."""
    service = Service(programs, url, home, "--seats", "2", "--seat-hold", "30s")
    people = [f"golden-{name}" for name in ("ann", "ben", "cleo", "dan", "eve", "finn", "Ärmel", "Ωμέγα")]
    lines = [f"register {person} secret-of-{person}" for person in people]
    # One guest to a server beside one who stays, so that the servers are half empty when the guests have left.
    for person in people:
        guest = f"guest-of-{person}"
        lines += [f"register {guest} secret", f"login {person} secret-of-{person}", f"login {guest} secret"]
    lines += [f"logout guest-of-{person}" for person in people]
    lines += [f"invite {people[0]} {other}" for other in people[1:5]]
    lines += [f"accept-invite {other} {people[0]}" for other in people[1:4]]
    lines += [f"post {person} a post of {person}, number {number}" for person in people for number in range(3)]
    lines += [f"send {people[0]} {people[1]} hello, with \"quotes\", \\ and ünïcödé 🦀"]
    lines += [f"send {people[1]} {people[0]} hello back", f"send {people[5]} {people[0]} refused"]
    lines += [f"create-group {people[2]} golden-group", f"create-group {people[2]} golden-group"]
    lines += [f"join-group {person} golden-group" for person in people[3:6]]
    lines += [f"send-group {people[2]} golden-group to all of you"]
    # Gone with what they had; what they wrote cannot be read any more.
    lines += [f"delete {people[3]}", f"register {people[3]} another-secret", f"delete {people[4]}", f"logout {people[5]}"]
    lines += [f"login {people[5]} secret-of-{people[5]}", "exit"]
    service.people_type("\n".join(lines) + "\n")
    # Those who are left fit on fewer servers.
    wait_for_reason(sql, "it was drained and its users have left")
    service.stop()


def servers_that_fail(programs, url, home, sql):
    service = Service(programs, url, home, "--seats", "2", "--seat-hold", "60s", "--idle-grace", "60s")
    service.people_type("login golden-ann secret-of-golden-ann\nlogin golden-ben secret-of-golden-ben\nexit\n")
    os.kill(service.apps()[0], signal.SIGKILL)
    wait_for_reason(sql, "the provider does not run it any more")
    service.people_type("login golden-ann secret-of-golden-ann\nlogin golden-ben secret-of-golden-ben\nexit\n")
    app = eventually("another server", service.apps)[0]
    os.kill(app, signal.SIGSTOP)
    wait_for_reason(sql, "it stopped answering")
    service.stop()


def launches_that_fail(programs, url, home, sql):
    """The login server looks for its application server beside itself: here there is something else."""
    with tempfile.TemporaryDirectory(prefix="tenfold-golden-") as folder:
        beside = pathlib.Path(folder)
        for program in ("tenfold-login", "tenfold-client"):
            shutil.copy(programs / program, beside / program)
        app = beside / "tenfold-app"
        attempts = [
            ("#!/bin/sh\n", 0o644, "%cannot be started%"),
            ("#!/bin/sh\ntrap 'exit 0' TERM\nwhile :; do sleep 0.05; done\n", 0o755, "it was not ready before the launch deadline"),
            ("#!/bin/sh\nexit 3\n", 0o755, None),
        ]
        for script, mode, reason in attempts:
            app.write_text(script)
            app.chmod(mode)
            options = ["--launch-deadline", "1s", "--seat-wait", "2s"]
            service = Service(beside, url, home, *options)
            before = int(sql("select count(*) from event"))
            service.people_type("login golden-ann secret-of-golden-ann\nexit\n")
            if reason:
                wait_for_reason(sql, reason)
            else:
                gone = "kind in ('InstanceTerminated', 'InstanceLost')"
                eventually("it is gone", lambda: int(sql(f"select count(*) from event where position > {before} and {gone}")))
            service.stop()


def wait_for_reason(sql, reason):
    eventually(reason, lambda: int(sql(f"select count(*) from event where data->>'reason' like '{reason}'")))


def refusals_of_ec2(sql):
    """Put in as rows: there was no EC2 where this was made."""
    insert = (
        "insert into event (position, id, stream, version, kind, kind_version, command_id, ordinal, data) values "
        "(nextval('event_position'), '{id}', '{stream}', {version}, '{kind}', 1, '{command}', 0, '{data}')"
    )

    def event(stream, version, kind, data):
        quoted = data.replace("'", "''")
        ids = {"id": uuid.uuid4(), "command": uuid.uuid4()}
        sql(insert.format(stream=stream, version=version, kind=kind, data=quoted, **ids))

    for number, refusal in enumerate(EC2_REFUSALS, start=1):
        instance = f"01930000-0000-7000-8000-{number:012}"
        words = (NOT_LAUNCHED + refusal).replace('"', '\\"')
        event(instance, 1, "InstanceRequested", f'{{"instance":"{instance}","seats":10}}')
        event(instance, 2, "InstanceTerminated", f'{{"instance":"{instance}","reason":"{words}"}}')


def dump(url):
    text = run("pg_dump", "--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=200", url)
    # Commands of psql, and settings that older servers do not know.
    dropped = re.compile(r"^(\\(un)?restrict .*|SET transaction_timeout.*)\n", re.MULTILINE)
    return dropped.sub("", text)


def main():
    programs, output = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tenfold-golden-") as folder:
        home = pathlib.Path(folder)
        maintenance = os.environ["TENFOLD_TEST_POSTGRES"]
        url = maintenance.rsplit("/", 1)[0] + "/golden"
        run("psql", "-qc", "create database golden", maintenance)
        try:

            def sql(statement):
                return run("psql", "-qtAc", statement, url).strip()

            def events(*words):
                return run(programs / "tenfold-events", *words, "--database", url, "--home", home, env=surroundings())

            the_scripts(programs, url, home)
            sessions_that_expire(programs, url, home, sql)
            people_who_stay(programs, url, home, sql)
            servers_that_fail(programs, url, home, sql)
            launches_that_fail(programs, url, home, sql)
            refusals_of_ec2(sql)
            # The last rows had no projections yet.
            events("rebuild")
            (output / "verify.txt").write_text(events("verify"))
            (output / "state.json").write_text(events("state", "--json"))
            (output / "tail.jsonl.gz").write_bytes(gzip.compress(events("tail", "--json").encode(), mtime=0))
            (output / "log.sql.gz").write_bytes(gzip.compress(dump(url).encode(), mtime=0))
            for key in ("token.key", "master.key"):
                shutil.copy(home / key, output / key)
            print(sql("select kind, count(*) from event group by 1 order by 1"))
            print(sql("select data->>'reason', count(*) from event where kind in "
                      "('InstanceTerminated', 'InstanceLost') group by 1 order by 1"))
        finally:
            run("psql", "-qc", "drop database golden with (force)", maintenance)


if __name__ == "__main__":
    main()
