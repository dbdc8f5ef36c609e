"""What boot.py shows, step by step. Each ends the run where it fails, with what it found."""

import dataclasses
import http.client
import re
import time
from pathlib import Path

import network
from processes import Processes, eventually
from service import ENROLMENT, Client

# With qemu's emulation a boot takes most of a minute.
BOOT = 200
GOES = 120


@dataclasses.dataclass
class Stage:
    """What the steps work with."""

    bins: Path
    folder: Path
    processes: Processes
    machines: object
    proxy: object
    metadata: object
    watch: object
    deadline: float

    def within(self, seconds):
        """No step goes beyond the whole run's end."""
        return max(1.0, min(seconds, self.deadline - time.time()))


def tell(text):
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def check(holds, what, found=""):
    if not holds:
        raise SystemExit(f"boot.py: not shown: {what}\n{found}")
    tell(f"shown: {what}" + (f" ({found})" if found else ""))


def run(stage, login_server):
    login = login_server(1)
    login.wait(stage.within(90))
    tell("the one command serves: all it needs is in its machine's metadata")
    client = Client(stage.bins, stage.folder, stage.processes)
    client.say("register ann pw", "Success!")
    guest = first_login(stage, login, client)
    serves(stage, login, client, guest)
    login = another_login_server(stage, login, login_server, guest)
    goes(stage, login, client, guest)
    fails(stage, login, client)
    login.stop()
    client.end()
    tell("everything was shown")


def first_login(stage, login, client):
    sent, answered = client.say("login ann pw", "Success!", stage.within(BOOT))
    guests = stage.machines.running()
    check(len(guests) == 1, "a login launches one machine, which boots, enrols and serves", [it.instance for it in guests])
    check(status_without_token() == 401 and stage.metadata.without_token == 1,
          "metadata are given for a token alone, which all machines show", f"{len(stage.metadata.tokens)} tokens")
    guest = guests[0]
    times(stage, login, guest, sent, answered)
    return guest


def status_without_token():
    connection = http.client.HTTPConnection(network.METADATA, timeout=5)
    connection.request("GET", "/latest/meta-data/")
    return connection.getresponse().status


def times(stage, login, guest, sent, answered):
    """The phases of a login that needs a machine."""
    asked, launched = stage.proxy.launches()[0]
    first = guest.lines[0][0]
    systemd = guest.said(r"systemd\[1\]: systemd \d+|systemd \d+.* running in system mode")
    final = guest.said(r"Cloud-init v\. .* running 'modules:final'")
    # The program is fetched with the first connection, the exchange is the last one.
    fetches, *_, enrols = stage.watch.to(ENROLMENT, source=guest.address)
    enrolled, ready = login.logged("a machine enrolled"), login.recorded(guest.instance)["InstanceReady"]
    phases = [
        ("request: login until EC2 is asked", sent, asked, True),
        ("request: EC2's answer", asked, launched, False),
        ("virtual machine: until its first line", launched, first, False),
        ("kernel: first line to systemd", first, systemd, False),
        ("cloud-init: systemd until user data runs", systemd, final, False),
        ("user data: until it asks for the program", final, fetches, False),
        ("user data: fetches, checks and starts it", fetches, enrols, False),
        ("enrolment: first TLS request until taken in", enrols, enrolled, False),
        ("enrolment: taken in until serving", enrolled, ready, False),
        ("seat: serving until login's reply", ready, answered, True),
    ]
    for name, begin, end, is_ours in phases:
        print(f"        {end - begin:7.2f} s  {name}{' (Tenfold)' if is_ours else ''}")
    own = sum(end - begin for _, begin, end, is_ours in phases if is_ours)
    print(f"        {answered - sent:7.2f} s  in all", flush=True)
    found = f"{own:.2f} s; with enrolment, at the guest's speed, {own + ready - enrols:.2f} s"
    check(own < 1, "Tenfold's own part, on the login server, is under 1 s", found)


def serves(stage, login, client, guest):
    for command, expected in [("post ann hello", "Success!"), ("list-friend ann", "No friends")]:
        client.say(command, expected)
    check(stage.watch.to(9000), "commands go from outside to the guest's port", f"{network.HOST} to {guest.address}:9000")
    rows = login.query("select client_addr, ssl, count(*) from pg_stat_activity join pg_stat_ssl using (pid) "
                       "where application_name like 'tenfold-app/%' group by 1, 2")
    plain = [row for row in rows if row[1] != "t"]
    check(rows and not plain and all(row[0].startswith(guest.address) for row in rows), "it talks TLS alone to the private Postgres", rows)


def another_login_server(stage, login, login_server, guest):
    login.stop()
    check(guest.ended is None and not stage.proxy.called("TerminateInstances"), "a login server that stops leaves its machines")
    time.sleep(3)
    login = login_server(2)
    login.wait(stage.within(90))
    other = Client(stage.bins, stage.folder, stage.processes)
    other.say("register ben pw", "Success!")
    sent, answered = other.say("login ben pw", "Success!", stage.within(60))
    other.say("post ben again", "Success!")
    other.say("logout ben", "Bye!")
    other.end()
    check(len(stage.proxy.launches()) == 1 and guest.ended is None, "the next one takes them over, and launches none",
          f"a login took {answered - sent:.2f} s")
    return login


def goes(stage, login, client, guest):
    sent, _ = client.say("logout ann", "Bye!", stage.within(60))
    eventually("the machine is off", lambda: guest.ended, stage.within(GOES))
    state = eventually("its end is recorded", lambda: re.fullmatch("terminated|.*over", login.state(guest.instance)), stage.within(30))
    how = "by itself" if guest.asked_to_end is None else f"{guest.ended - guest.asked_to_end:.1f} s after TerminateInstances"
    check(guest.said("Power down|reboot: Power|System Power Off|Powering off"),
          "nobody uses it: it is drained, ended, and powers off",
          f"off {guest.ended - sent:.1f} s after the logout with 5 s of grace, {how}; recorded as {state[0]}")


def fails(stage, login, client):
    """First the release is another one than user data names, then the token is none that the login server knows."""
    spoilt = [(b"sha256", b"0" * 64, "the program is not the one that was meant"),
              (b"token", b"0" * 64, "the login server refuses this machine")]
    client.send("login ann pw")
    for name, value, reason in spoilt:
        stage.machines.spoil_next = spoiler(name, value)
        bad = eventually("a machine is launched", stage.machines.running, stage.within(90))[0]
        eventually("a machine that cannot serve is off", lambda guest=bad: guest.ended, stage.within(BOOT))
        check(reason in bad.console(), "a machine that fails leaves its reason on its console", line_with(bad.console(), reason))
        check(reason in stage.proxy.console_by_request(bad.instance), "GetConsoleOutput has it")
    eventually("the login server has given up the second one", lambda: login.log().count("giving up") >= 2, stage.within(60))
    # It asks for the console meanwhile.
    time.sleep(5)
    told = [line for line in login.log().splitlines() if "its console ends so" in line]
    check(all(any(reason in line for line in told) for *_, reason in spoilt), "the login server's log has the reasons too", "\n".join(told))


def spoiler(name, value):
    """Changes a value of user data."""
    return lambda user_data: re.sub(rb"(?m)^" + name + rb"=.*$", name + b"='" + value + b"'", user_data)


def line_with(text, part):
    return next((line.strip() for line in text.splitlines() if part in line), "the console ends: " + "\n".join(text.splitlines()[-20:]))
