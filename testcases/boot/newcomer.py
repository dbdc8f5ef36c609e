"""What deploy/README.md tells a newcomer to do, done on a machine that has just booted: clone, and the one command. Its fleet's
machines boot beside it, and a client comes from outside. Only Rust is not there: stand-ins for cargo and cc find the programs built."""

import functools
import http.server
import subprocess
import threading

import network
from processes import eventually
from scenario import BOOT, check, tell
from service import PORT, Client

INSTANCE = "i-0000000000000000a"
SCRIPT = """#!/bin/bash
set -euo pipefail
printf '#!/bin/sh\\n[ "$1" != --version ] || echo cargo 1.95.0\\n' >/usr/local/bin/cargo
printf '#!/bin/sh\\n' >/usr/local/bin/cc
chmod 755 /usr/local/bin/cargo /usr/local/bin/cc
exec runuser --login debian --command 'bash -euxo pipefail' <<'END'
curl --silent --show-error --fail --remote-name-all {files}/tenfold.bundle {files}/tenfold-login {files}/tenfold-app
chmod 755 tenfold-login tenfold-app
git clone --quiet tenfold.bundle tenfold && cd tenfold
mkdir -p target/release && mv ../tenfold-login ../tenfold-app target/release
export AWS_ENDPOINT_URL={aws}
exec bin/server 0.0.0.0 8888 --fleet ec2 --metrics none </dev/null
END
"""


def serve_files(folder):
    """Gives what lies in a folder, in place of the Internet."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((network.HOST, 0), functools.partial(Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{network.HOST}:{server.server_port}"


def bundle(root, place):
    subprocess.run(["git", "-C", root, "bundle", "create", "--quiet", place, "HEAD"], check=True, timeout=120)


def run(stage, role):
    files = serve_files(stage.bins)
    machine = stage.machines.of(INSTANCE)
    machine.is_of_ec2 = False
    stage.machines.launch(INSTANCE, SCRIPT.format(aws=stage.proxy.url, files=files).encode(), role)
    begun = eventually("user data of the newcomer's machine runs", lambda: machine.said("running 'modules:final'"), stage.within(BOOT))
    tell(f"a machine boots: user data runs {begun - machine.started:.1f} s after its launch")
    serves = eventually("the one command serves", lambda: machine.said(r"istening on \S*8888"), stage.within(BOOT))
    tell(f"clone and the one command, with a private Postgres: serving after {serves - begun:.1f} s more")
    client = Client(stage.bins, stage.folder, stage.processes, machine.address)
    client.say("register ann pw", "Success!", stage.within(60))
    sent, answered = client.say("login ann pw", "Success!", stage.within(BOOT))
    others = [guest for guest in stage.machines.running() if guest is not machine]
    check(len(others) == 1, "a login from outside launches the like of the machine, and is answered", f"{answered - sent:.1f} s")
    asked = next(call for call in stage.proxy.called("RunInstances") if call.get("DryRun") != "true")
    told = {name: asked.get(name) for name in ("ImageId", "InstanceType", "SubnetId", "SecurityGroupId.1")}
    check(all(told.values()), "what is launched is as the machine's metadata say", told)
    for command, expected in [("post ann hello", "Success!"), ("list-friend ann", "No friends"), ("logout ann", "Bye!")]:
        client.say(command, expected, stage.within(30))
    client.end()
    asks = [port for who, port in stage.watch.want_tls if who == others[0].address]
    plain = {port for _, who, port in stage.watch.begun if who == others[0].address} - {80, PORT + 1, *asks}
    check(asks and not plain, "the other machine reaches the first one's private Postgres, and asks it for TLS", f"port {asks[0]}")
