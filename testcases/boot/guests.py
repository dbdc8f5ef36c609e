"""The machines: for each instance a virtual one, with its user data, its metadata, and a console that is kept."""

import contextlib
import http.client
import json
import queue
import re
import socket
import subprocess
import threading
import time

import metadata
import network

# A guest of the smallest type that EC2 has with enough memory.
MEMORY = "1024"
# A kernel that has said nothing by then will not.
PROBE = 12
# How long a machine that EC2 ends may take to go down by itself.
POWER_OFF = 45


class Guest:
    """One machine."""

    def __init__(self, instance, number):
        self.instance, self.number = instance, number
        self.address = f"10.99.0.{10 + number}"
        self.lines, self.process, self.qmp = [], None, None
        self.started = self.ended = self.asked_to_end = None
        # Whether EC2 knows of it: not so one that somebody launched by hand.
        self.is_of_ec2 = True

    def said(self, pattern, since=0.0):
        """When a line with `pattern` was on the console first."""
        return next((when for when, line in list(self.lines) if when >= since and re.search(pattern, line)), None)

    def console(self):
        return "".join(line + "\n" for _, line in list(self.lines))


class Machines:
    """Boots what is launched."""

    def __init__(self, folder, image, accelerator, service, processes):
        self.folder, self.image, self.accelerator = folder, image, accelerator
        self.service, self.processes = service, processes
        self.guests, self.lock = {}, threading.Lock()
        self.emulator, self.place = None, None
        # Changes the user data of every launch, and then that of the next one.
        self.change, self.spoil_next = None, None
        # Booted by one thread that stays: a child is killed when the thread that started it ends.
        self.launched = queue.Queue()
        threading.Thread(target=self.boot_launched, daemon=True).start()

    def of(self, instance):
        with self.lock:
            return self.guests.setdefault(instance, Guest(instance, len(self.guests)))

    def address_of(self, instance):
        return self.of(instance).address

    def console_of(self, instance):
        return self.of(instance).console().encode()

    def running(self):
        with self.lock:
            return [guest for guest in self.guests.values() if guest.process and guest.ended is None]

    def launch(self, instance, user_data, role=None):
        self.launched.put((self.of(instance), user_data, role))

    def boot_launched(self):
        while True:
            self.boot(*self.launched.get())

    def boot(self, guest, user_data, role):
        instance = guest.instance
        if guest.is_of_ec2:
            spoil, self.spoil_next = self.spoil_next, None
            for change in (self.change, spoil):
                user_data = change(user_data) if change else user_data
        entries = metadata.of_machine(guest.address, instance, *self.place, role)
        self.service.add(guest.address, entries, user_data)
        tap = f"tap{guest.number}"
        network.add_tap(tap)
        guest.qmp = self.folder / f"{instance}.qmp"
        # EC2 tells what it is by the names of its boards. Their UUID begins with ec2, and is the serial number too.
        uuid = "ec2" + f"{int(instance[2:], 16):029x}"[-29:]
        uuid = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
        command = [
            *qemu(self.accelerator, self.image), "-name", instance, "-qmp", f"unix:{guest.qmp},server,nowait",
            "-smbios", f"type=1,manufacturer=Amazon EC2,product=t3.micro,uuid={uuid},serial={uuid}",
            "-drive", f"file={self.image}/disk.raw,format=raw,if=virtio,snapshot=on",
            "-netdev", f"tap,id=net,ifname={tap},script=no,downscript=no",
            "-device", f"virtio-net-pci,netdev=net,mac={network.mac_of(guest.address)},csum=off,guest_csum=off,romfile=",
            "-append", "root=/dev/vda rw console=ttyS0,115200n8 panic=10 mitigations=off",
        ]
        guest.started = time.time()
        guest.process = self.processes.start(command, self.folder / f"{instance}.qemu", stdout=subprocess.PIPE)
        threading.Thread(target=self.listen, args=(guest, tap), daemon=True).start()

    def listen(self, guest, tap):
        """Keeps what stands on the console, until the machine is off. One that is off is terminated, as its launch asked for."""
        with open(self.folder / f"{guest.instance}.console", "w", encoding="utf-8") as kept:
            for line in guest.process.stdout:
                text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f]", "", line.decode(errors="replace")).rstrip()
                guest.lines.append((time.time(), text))
                kept.write(f"{time.time():.3f} {text}\n")
                kept.flush()
        guest.process.wait()
        guest.ended = time.time()
        network.remove_tap(tap)
        if guest.asked_to_end is None and guest.is_of_ec2:
            # At the end of the run nobody may be there any more.
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.emulator.ask("TerminateInstances", **{"InstanceId.1": guest.instance})

    def terminate(self, instance):
        guest = self.of(instance)
        if guest.asked_to_end is None and guest.process is not None and guest.ended is None:
            guest.asked_to_end = time.time()
            threading.Thread(target=power_down, args=(guest,), daemon=True).start()


def power_down(guest):
    """As EC2 does: the power button, and later the plug."""
    try:
        press_power_button(guest.qmp)
        guest.process.wait(POWER_OFF)
    except subprocess.TimeoutExpired:
        guest.process.kill()
    except OSError:
        # It is off already.
        pass


def press_power_button(path):
    with socket.socket(socket.AF_UNIX) as it:
        it.settimeout(5)
        it.connect(str(path))
        with it.makefile("rw") as line:
            line.readline()
            for command in ("qmp_capabilities", "system_powerdown"):
                line.write(json.dumps({"execute": command}) + "\n")
                line.flush()
                line.readline()


def qemu(accelerator, image):
    kind = {"kvm": ["-accel", "kvm", "-cpu", "host"], "tcg": ["-accel", "tcg,thread=multi", "-cpu", "Westmere"]}[accelerator]
    return ["qemu-system-x86_64", *kind, "-m", MEMORY, "-smp", "2", "-display", "none", "-monitor", "none", "-serial", "stdio",
            "-nodefaults", "-no-reboot", "-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd.img")]


def accelerator(image, wanted, processes, folder):
    """KVM where a guest's kernel gets as far as its first line under it, and what was found out about that."""
    if wanted:
        return wanted, "as named"
    command = [*qemu("kvm", image), "-append", "console=ttyS0 earlyprintk=serial,ttyS0 panic=-1"]
    process = processes.start(command, folder / "kvm-probe", stdout=subprocess.PIPE)
    timer = threading.Timer(PROBE, process.kill)
    timer.start()
    began = time.time()
    spoke = any(b"Linux version" in line for line in process.stdout)
    timer.cancel()
    processes.end(process)
    if spoke:
        return "kvm", f"a kernel spoke after {time.time() - began:.1f} s"
    said = (folder / "kvm-probe").read_text(errors="replace").strip().splitlines()
    return "tcg", f"no kernel spoke under KVM within {PROBE} s" + (f" ({said[-1]})" if said else "")
