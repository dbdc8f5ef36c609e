#!/usr/bin/env python3
"""Machines that really boot: the fleet on EC2 with a virtual machine behind each instance. By hand, as root, in a few minutes:

    testcases/boot/boot.py [--newcomer] [--accel kvm|tcg] [--only-kvm] [--bins DIR] [--user-data FILE] [--run DIR] [--keep]

image.sh makes the image once: Debian 12 with systemd 252 and cloud-init, in target/boot/. In a network namespace of its own
run an emulator of EC2 (that of bin/test), a proxy before it, an instance metadata service (version 2), and a login server with its
private Postgres, started with the one command of deploy/README.md: what it needs to know it finds in its metadata. For each instance
that it launches a guest boots with that instance's user data and metadata, and has the address that EC2 tells. KVM is taken where a
guest's kernel gets going under it, else qemu's own emulation, which is some ten times slower; which one it was is printed.

Shown (scenario.py): a login launches a machine, which boots, enrols over TLS, and serves; it talks TLS to the private Postgres; another
login server on the same database keeps it; when nobody uses it, it is drained, ended, and off; one whose program is not the one that was
meant, and one whose token is none, leave their reason on the console, where GetConsoleOutput finds it, and others are launched. The
times of each phase of that first login are printed. With --newcomer (newcomer.py): `git clone` and the one command on a guest.

Consoles and logs stay in target/boot/run/ until the next run, with --keep also Postgres's files. Exit status 0: all was shown. bin/test runs
it with --only-kvm where there is /dev/kvm and the image has been made; where no guest gets going under KVM, that says so, and is skipped. The programs are those of a build with EC2 (`cargo build -p tenfold-login -p tenfold-app -p tenfold-client --features
tenfold-login/aws,tenfold-app/enrol`). Needs root, psql, Postgres, strip, and what image.sh installs."""

import argparse
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cloud
import guests
import metadata
import network
import newcomer
import scenario
from processes import Processes, end_postgres
from service import Login

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("tenfold-login", "tenfold-app", "tenfold-client")
WHOLE_RUN = 480
LOGIN = "i-00000000000000001"


def main():
    asked = arguments()
    subprocess.run([ROOT / "testcases/boot/image.sh"], check=True, timeout=1200)
    python = cloud.python_of_emulator(ROOT)
    shutil.rmtree(asked.run, ignore_errors=True)
    asked.run.mkdir(parents=True)
    bins = without_symbols(asked.bins, asked.run / "bin")
    # Servers that are no root's reach their files through it.
    asked.run.chmod(0o755)
    network.enter()
    # However this ends, what was started ends with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("boot.py: asked to end"))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"boot.py: not done within {WHOLE_RUN + 30} s"))
    signal.alarm(WHOLE_RUN + 30)
    processes = Processes()
    try:
        show(asked, bins, python, processes)
    finally:
        processes.end_all()
        end_postgres(asked.run / "home")
        if not asked.keep:
            for name in ("home", "emulator", "bin"):
                shutil.rmtree(asked.run / name, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(description="Boots the machines of a fleet; see the head of this file")
    parser.add_argument("--accel", choices=["kvm", "tcg"], help="what runs the guests; found out where it is not named")
    parser.add_argument("--only-kvm", action="store_true", help="boot nothing where no guest gets going under KVM")
    parser.add_argument("--bins", type=Path, default=ROOT / "target/debug", help="the folder with the programs")
    parser.add_argument("--image", type=Path, default=ROOT / "target/boot", help="the folder with the image")
    parser.add_argument("--run", type=Path, default=ROOT / "target/boot/run", help="the folder for logs and consoles; emptied")
    parser.add_argument("--user-data", type=Path, help="another script than is built into tenfold-login, to try a change without a build")
    parser.add_argument("--newcomer", action="store_true", help="show instead what a newcomer does: clone and the one command, on a guest")
    parser.add_argument("--keep", action="store_true", help="keep Postgres's files and the programs too")
    return parser.parse_args()


def without_symbols(bins, place):
    """As a release has them: a machine fetches a third of it."""
    place.mkdir()
    for name in PROGRAMS:
        subprocess.run(["strip", "--strip-all", "-o", place / name, bins / name], check=True, timeout=60)
    return place


def show(asked, bins, python, processes):
    began = time.time()
    accelerator, why = guests.accelerator(asked.image, asked.accel, processes, asked.run)
    if asked.only_kvm and accelerator != "kvm":
        print(f"skipped: {why}")
        return
    emulator = cloud.Emulator(python, asked.run / "emulator", processes)
    scenario.tell(f"guests run under {accelerator}: {why}")
    service = metadata.Service()
    network.Dhcp()
    machines = guests.Machines(asked.run, asked.image, accelerator, service, processes)
    if asked.user_data:
        script = asked.user_data.read_bytes()
        machines.change = lambda given: with_values_of(given, script)
    proxy = cloud.Proxy(emulator, machines)
    emulator.wait(began + 120)
    machines.emulator = emulator
    machines.place = (cloud.REGION, cloud.IMAGE, emulator.first("DescribeSubnets", "subnetId"), emulator.first("DescribeSecurityGroups", "groupId"))
    service.add(network.HOST, metadata.of_machine(network.HOST, LOGIN, *machines.place, role(emulator)))
    stage = scenario.Stage(bins, asked.run, processes, machines, proxy, service, network.Watch(), began + WHOLE_RUN)
    try:
        if asked.newcomer:
            newcomer.bundle(ROOT, bins / "tenfold.bundle")
            newcomer.run(stage, role(emulator))
        else:
            scenario.run(stage, lambda number: Login(bins, asked.run, number, processes, proxy.url))
    finally:
        (asked.run / "metadata.log").write_text(service.asked_for())
    if refused := emulator.violations():
        raise SystemExit(f"boot.py: AWS would not have taken this:\n{refused}")


def with_values_of(given, script):
    """Another script, filled as user_data.rs has filled the given one."""
    for name, value in re.findall(rb"(?m)^(\w+)=('.*')$", given):
        script = script.replace(b"{" + name + b"}", value, 1)
    return script


def role(emulator):
    """What deploy/README.md gives the login server's machine. The emulator takes the key's id for the account, and the token for the name of
    the role, whose policy it holds each call to."""
    return "tenfold", {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": emulator.account, "SecretAccessKey": "of-a-test",
                       "Token": "login-server", "LastUpdated": "2026-01-01T00:00:00Z", "Expiration": "2099-01-01T00:00:00Z"}


if __name__ == "__main__":
    main()
