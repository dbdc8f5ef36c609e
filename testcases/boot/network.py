"""A network of the test's own: a bridge in a namespace of its own, an address for each guest by DHCP, and an eye on who connects
where. Nothing of it is seen outside this process and its children, and all of it is gone with the last of them."""

import ctypes
import os
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
BRIDGE = "br0"
HOST = "10.99.0.1"
METADATA = "169.254.169.254"
# BOOTP's fixed part, RFC 2131: operation, kinds of addresses, transaction, seconds, flags, four addresses, hardware address, names.
BOOTP = struct.Struct("!BBBB4sHH4s4s4s4s16s192s4s")
COOKIE = b"\x63\x82\x53\x63"
MESSAGE, SERVER, END = 53, 54, 255
# PostgreSQL's "SSLRequest" (Message Formats).
SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5


def ip(*words):
    subprocess.run(["ip", *words], check=True, timeout=10)


def enter():
    """Leaves the machine's network for one that has only a loopback and a bridge."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise SystemExit(f"boot.py: no network namespace can be made ({os.strerror(ctypes.get_errno())}): run it as root")
    ip("link", "set", "lo", "up")
    ip("link", "add", BRIDGE, "type", "bridge", "forward_delay", "0", "stp_state", "0")
    ip("address", "add", f"{HOST}/24", "dev", BRIDGE)
    ip("address", "add", f"{METADATA}/32", "dev", BRIDGE)
    ip("link", "set", BRIDGE, "up")


def add_tap(name):
    ip("tuntap", "add", name, "mode", "tap")
    ip("link", "set", name, "master", BRIDGE, "up")


def remove_tap(name):
    subprocess.run(["ip", "link", "delete", name], check=False, timeout=10, stderr=subprocess.DEVNULL)


def mac_of(address):
    """As EC2 does it, the first byte says that nobody else gave it."""
    return "02:00:" + ":".join(f"{part:02x}" for part in socket.inet_aton(address))


class Dhcp:
    """Gives each guest the address that stands in its hardware address."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, BRIDGE.encode())
        self.socket.bind(("", 67))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            packet = self.socket.recv(2048)
            answer = answer_to(packet)
            if answer:
                self.socket.sendto(answer, ("255.255.255.255", 68))


def answer_to(packet):
    """None where there is nothing to say."""
    if len(packet) < BOOTP.size:
        return None
    operation, *_, hardware, _, cookie = fields = BOOTP.unpack(packet[: BOOTP.size])
    kind = options(packet[BOOTP.size :]).get(MESSAGE)
    if operation != 1 or cookie != COOKIE or not kind or hardware[:2] != b"\x02\x00":
        return None
    replies = {DISCOVER: OFFER, REQUEST: ACK}
    if kind[0] not in replies:
        return None
    address, host = hardware[2:6], socket.inet_aton(HOST)
    head = BOOTP.pack(2, 1, 6, 0, fields[4], 0, 0x8000, bytes(4), address, host, bytes(4), hardware, bytes(192), COOKIE)
    said = [(MESSAGE, bytes([replies[kind[0]]])), (SERVER, host), (51, struct.pack("!I", 3600)),
            (1, bytes([255, 255, 255, 0])), (3, host)]
    return head + b"".join(bytes([code, len(text)]) + text for code, text in said) + bytes([END])


def options(text):
    found, at = {}, 0
    while at + 1 < len(text) and text[at] != END:
        if text[at] == 0:
            at += 1
            continue
        length = text[at + 1]
        found[text[at]] = text[at + 2 : at + 2 + length]
        at += 2 + length
    return found


class Watch:
    """Notes each beginning of a connection, also from guest to guest: when, from where, to which port; and who asks Postgres for TLS."""

    def __init__(self):
        self.begun, self.seen, self.want_tls = [], set(), set()
        # Of every interface: the bridge itself sees nothing of what guests say to each other.
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        threading.Thread(target=self.look, daemon=True).start()

    def look(self):
        while True:
            packet, place = self.socket.recvfrom(65536)
            if place[1] != 0x0800 or len(packet) < 40 or packet[9] != socket.IPPROTO_TCP:
                continue
            tcp = packet[(packet[0] & 15) * 4 :]
            who, port = socket.inet_ntoa(packet[12:16]), struct.unpack("!H", tcp[2:4])[0]
            if tcp[(tcp[12] >> 4) * 4 :].startswith(SSL_REQUEST):
                self.want_tls.add((who, port))
            # It passes several interfaces; its number tells it from the next one.
            if tcp[13] & 0x12 == 0x02 and packet[12:20] + tcp[:8] not in self.seen:
                self.seen.add(packet[12:20] + tcp[:8])
                self.begun.append((time.time(), who, port))

    def to(self, port, since=0.0, source=None):
        """The times of connections to `port`."""
        return [when for when, who, where in self.begun if where == port and when >= since and source in (None, who)]
