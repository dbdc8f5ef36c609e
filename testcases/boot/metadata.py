"""The instance metadata service, version 2, of every machine of the test: at 169.254.169.254, where each is told apart by its
address. A token is required, and what it answers goes no further than one hop, as the launch asks for."""

import http.server
import json
import secrets
import socket
import threading
import time

import network

VERSIONS = ("latest", "2009-04-04", "2021-03-23")
TOKEN_TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"


def of_machine(address, instance, region, image, subnet, group, role=None):
    """What stands below meta-data/, by its path."""
    mac = network.mac_of(address)
    interface = f"network/interfaces/macs/{mac}/"
    entries = {
        "ami-id": image, "hostname": name_of(address), "local-hostname": name_of(address), "instance-id": instance,
        "instance-type": "t3.micro", "local-ipv4": address, "mac": mac, "placement/availability-zone": f"{region}a",
        "placement/region": region, "reservation-id": f"r-{instance[2:]}", "security-groups": "default",
        "instance-action": "none", "services/domain": "amazonaws.com", "services/partition": "aws",
        interface + "device-number": "0", interface + "interface-id": f"eni-{instance[2:]}", interface + "mac": mac,
        interface + "local-ipv4s": address, interface + "local-hostname": name_of(address), interface + "owner-id": "0" * 12,
        interface + "security-group-ids": group, interface + "subnet-id": subnet,
        interface + "subnet-ipv4-cidr-block": "10.99.0.0/24", interface + "vpc-id": "vpc-0", interface + "vpc-ipv4-cidr-block": "10.99.0.0/16",
    }
    if role:
        name, credentials = role
        entries[f"iam/security-credentials/{name}"] = json.dumps(credentials)
    return entries


def name_of(address):
    return f"ip-{address.replace('.', '-')}.ec2.internal"


class Service:
    """Answers until the process ends."""

    def __init__(self):
        self.machines, self.tokens, self.asked, self.without_token = {}, {}, [], 0
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            server_version = "EC2ws"

            def setup(self):
                # Whoever stands behind a router gets no answer.
                self.request.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
                super().setup()

            def do_PUT(self):
                life = self.headers.get(TOKEN_TTL)
                if self.path != "/latest/api/token" or not life:
                    return self.say(400 if not life else 404, b"")
                token = secrets.token_urlsafe(32)
                service.tokens[token] = self.client_address[0]
                self.say(200, token.encode(), {TOKEN_TTL: life})

            def do_GET(self):
                # A token is good on the machine that asked for it.
                if service.tokens.get(self.headers.get(TOKEN), "") != self.client_address[0]:
                    service.without_token += 1
                    return self.say(401, b"")
                found = service.find(self.client_address[0], self.path)
                service.asked.append((time.time(), self.client_address[0], self.path, found is not None))
                self.say(404 if found is None else 200, found or b"")

            def say(self, status, body, headers=None):
                self.send_response(status)
                for name, value in {**(headers or {}), "Content-Length": str(len(body)), "Content-Type": "text/plain"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 50

            def handle_error(self, *_):
                """Whoever hangs up has what they wanted."""

        self.server = Server((network.METADATA, 80), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, address, entries, user_data=None):
        self.machines[address] = (entries, user_data)

    def asked_for(self):
        """What was asked for, a line each."""
        return "".join(f"{when:.3f} {who} {path} {'found' if found else 'is not there'}\n" for when, who, path, found in self.asked)

    def find(self, address, path):
        # The host of the bridge asks from the service's own address.
        address = network.HOST if address == network.METADATA else address
        machine = self.machines.get(address)
        version, _, rest = path.strip("/").partition("/")
        if machine is None or version not in VERSIONS:
            return None
        entries, user_data = machine
        if rest == "":
            return b"dynamic\nmeta-data" + (b"\nuser-data" if user_data else b"")
        if rest == "user-data":
            return user_data
        if rest == "dynamic/instance-identity/document":
            return json.dumps({"instanceId": entries["instance-id"], "region": entries["placement/region"]}).encode()
        if rest in ("dynamic", "dynamic/instance-identity"):
            return b"instance-identity/" if rest == "dynamic" else b"document"
        if rest.startswith("meta-data"):
            return listed(entries, rest[len("meta-data") :].strip("/"))
        return None


def listed(entries, path):
    """The text at `path`, or the names below it."""
    if path in entries:
        return entries[path].encode()
    below = {name[len(path) :].lstrip("/") for name in entries if path == "" or name.startswith(path + "/")}
    names = {first + slash for first, slash, _ in (name.partition("/") for name in below)}
    return "\n".join(sorted(names)).encode() or None
