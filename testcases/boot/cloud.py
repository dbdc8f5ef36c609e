"""What stands for EC2: an emulator, and before it a proxy that gives each instance an address at which it can be reached, boots
it, and gives its console."""

import base64
import http.client
import http.server
import os
import random
import re
import socket
import subprocess
import threading
import time
import urllib.parse
from pathlib import Path

import network

REGION = "us-east-1"
IMAGE = "ami-0abcdef1234567890"
EMULATOR = Path(__file__).resolve().parents[1] / "aws/emulator.py"
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Refused(Exception):
    pass


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Emulator:
    """LocalStack, started as testcases/src/aws/emulator.rs starts it."""

    def __init__(self, python, folder, processes):
        self.port = free_port()
        self.account = str(random.randrange(10**11, 10**12))
        folder.mkdir()
        environment = {"PATH": os.environ["PATH"], "GATEWAY_SERVER": "hypercorn", "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
                       "LOCALSTACK_VOLUME_DIR": str(folder / "volume"), "FILESYSTEM_ROOT": str(folder / "files"), "TMPDIR": str(folder),
                       "HOME": str(folder), "SKIP_SSL_CERT_DOWNLOAD": "1", "SKIP_INFRA_DOWNLOADS": "1", "DISABLE_EVENTS": "1",
                       "DNS_ADDRESS": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = processes.start([python, str(EMULATOR), str(folder)], folder / "log", cwd=folder, env=environment)

    def wait(self, deadline):
        """Until the part that is needed is loaded."""
        while True:
            try:
                self.ask("DescribeInstances")
                return
            except (OSError, http.client.HTTPException) as trouble:
                if self.process.poll() is not None or time.time() > deadline:
                    raise SystemExit(f"boot.py: the EC2 emulator does not answer ({trouble}); bin/test installs it") from trouble
                time.sleep(0.3)

    def forward(self, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("Content-Type", "text/xml")

    def ask(self, action, **parameters):
        form = {"Action": action, "Version": "2016-11-15", **parameters}
        whose = f"AWS4-HMAC-SHA256 Credential={self.account}/20260101/{REGION}/ec2/aws4_request, SignedHeaders=host, Signature=0"
        headers = {"Authorization": whose, "Content-Type": "application/x-www-form-urlencoded"}
        status, body, _ = self.forward(urllib.parse.urlencode(form), headers)
        if status != 200:
            raise Refused(f"{action}: {status} {body.decode(errors='replace')}")
        return body.decode()

    def first(self, action, element):
        return re.search(f"<{element}>(.*?)</{element}>", self.ask(action))[1]

    def violations(self):
        """What the login server asked and AWS would not have taken, a line each."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request("GET", f"/_tenfold/violations/{self.account}")
        return connection.getresponse().read().decode()

    def states(self):
        """Each instance's state."""
        told = self.ask("DescribeInstances").split("<instancesSet>")[1:]
        named = (re.search(r"<instanceId>(.*?)</instanceId>", part)[1] for part in told)
        states = (re.search(r"<instanceState>.*?<name>(.*?)</name>", part, re.DOTALL)[1] for part in told)
        return dict(zip(named, states))


class Proxy:
    """Notes what is asked and when; tells `machines` what is launched and ended."""

    def __init__(self, emulator, machines):
        self.emulator, self.machines, self.calls = emulator, machines, []
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer, kind = proxy.answer(body, dict(self.headers))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """Whoever hangs up has what they wanted."""

        self.server = Server((network.HOST, 0), Handler)
        self.url = f"http://{network.HOST}:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, body, headers):
        began = time.time()
        asked = dict(urllib.parse.parse_qsl(body.decode(errors="replace")))
        action = asked.get("Action", "")
        if action == "GetConsoleOutput":
            self.calls.append((action, asked, began, time.time()))
            return 200, self.console(asked["InstanceId"]), "text/xml"
        headers = {name: value for name, value in headers.items() if name.lower() not in ("connection", "content-length")}
        status, answer, kind = self.emulator.forward(body, headers)
        if action in ("DescribeInstances", "RunInstances"):
            answer = self.put_addresses(answer.decode()).encode()
        self.calls.append((action, asked, began, time.time()))
        if status == 200 and action == "RunInstances" and asked.get("DryRun") != "true":
            instance = re.search(rb"<instanceId>(.*?)</instanceId>", answer)[1].decode()
            self.machines.launch(instance, base64.b64decode(asked["UserData"]))
        if status == 200 and action == "TerminateInstances":
            for name, instance in asked.items():
                if name.startswith("InstanceId"):
                    self.machines.terminate(instance)
        return status, answer, kind

    def put_addresses(self, told):
        """The emulator's addresses are nobody's."""
        begin = "<instancesSet>"
        first, *parts = told.split(begin)
        for at, part in enumerate(parts):
            address = self.machines.address_of(re.search(r"<instanceId>(.*?)</instanceId>", part)[1])
            parts[at] = re.sub(r"<(privateIpAddress|ipAddress)>.*?</\1>", rf"<\1>{address}</\1>", part)
        return begin.join([first, *parts])

    def console(self, instance):
        text = base64.b64encode(self.machines.console_of(instance)[-65536:]).decode()
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return (f'<GetConsoleOutputResponse xmlns="{NAMESPACE}"><requestId>0</requestId><instanceId>{instance}</instanceId>'
                f"<timestamp>{now}</timestamp><output>{text}</output></GetConsoleOutputResponse>").encode()

    def console_by_request(self, instance):
        """As somebody with the AWS CLI has it."""
        connection = http.client.HTTPConnection(network.HOST, self.server.server_port, timeout=10)
        connection.request("POST", "/", urllib.parse.urlencode({"Action": "GetConsoleOutput", "InstanceId": instance}))
        told = connection.getresponse().read()
        return base64.b64decode(re.search(rb"<output>(.*?)</output>", told)[1]).decode(errors="replace")

    def launches(self):
        """When each launch was asked for and answered."""
        real = [call for call in self.calls if call[0] == "RunInstances" and call[1].get("DryRun") != "true"]
        return [(began, ended) for _, _, began, ended in real]

    def called(self, action):
        return [asked for name, asked, _, _ in self.calls if name == action]


def python_of_emulator(root):
    given = os.environ.get("TENFOLD_TEST_AWS_PYTHON")
    for python in [given] if given else [root / "target/aws-emulator/bin/python"]:
        if Path(python).is_file() and subprocess.run([python, "-c", "import localstack"], check=False, capture_output=True).returncode == 0:
            return str(python)
    raise SystemExit("boot.py: the EC2 emulator is not installed: bin/test does that, or name its Python in TENFOLD_TEST_AWS_PYTHON")
