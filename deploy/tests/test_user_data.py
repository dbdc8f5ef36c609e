"""The user data of login and application servers, as far as it can be run without a machine on AWS: it is a shell's, it refuses another
release than the one that was meant, its start script gives secrets to the program by the environment alone, and a machine that fails
leaves its reason on the console. Nothing of the machine that runs the tests is written to."""

import hashlib
import os
import re
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

import template

# Stands for AWS: answers a secret's name with a secret, and copies a release from where the test has put it.
AWS = """#!/bin/bash
case "$1 $2" in
    'secretsmanager get-secret-value') echo "secret-of-$4" ;;
    's3 cp') cp "$RELEASE" "${@: -1}" ;;
    *) echo "no such call: $*" >&2; exit 1 ;;
esac
"""
# Stands for the login server: says what it is given.
LOGIN = """#!/bin/bash
echo "arguments: $*"
env | grep -E '^TENFOLD_|password' | sort
"""
# Stands for curl: notes what it is asked for, and writes what the test has put there.
CURL = """#!/bin/bash
while [ $# -gt 1 ]; do
    case $1 in --output) output=$2 ;; esac
    shift
done
echo "$1" >>"$ASKED"
cp "$ANSWER" "$output"
"""
# Stands for what a test must not reach on the machine that it runs on.
NOTED = """#!/bin/bash
echo "${0##*/} $*" >>"$CALLS"
"""
APP_SCRIPT = template.PATH.parent.parent / "fleet/src/provider/ec2/user_data.sh"
SETTINGS = {"DATABASE_PLACE": "db.example:5432", "DATABASE_CA": "/ca.pem", "DATABASE_PASSWORD_IS_IN": "db", "LOGIN_PORT": "8888",
            "MASTER_KEY_IS_IN": "master", "TOKEN_KEY_IS_IN": "key"}


def parts():
    """The part with this stack's names in it, and the script."""
    data = template.resources(template.read(), "AWS::EC2::LaunchTemplate")["LoginTemplate"]["LaunchTemplateData"]
    (pattern, names), script = [part.get("Fn::Sub") if isinstance(part, dict) else part
                                for part in data["UserData"]["Fn::Base64"]["Fn::Join"][1]]
    return pattern, names, script


def section(begin, end):
    """The lines of the script from the one that begins so to before the one that ends so. Tests run these with the folders that they
    write to replaced, for a test runs on somebody's machine."""
    script = parts()[2]
    return script[script.index(begin) : script.index(end)]


def here_document(path, script):
    """What the script writes into the file `path`."""
    return re.search(rf"cat >{re.escape(path)} <<'END'\n(.*?)\nEND\n", script, re.DOTALL)[1] + "\n"


class UserData(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.program("aws", AWS)
        self.environment = {"PATH": f"{self.folder}:{os.environ['PATH']}"}

    def program(self, name, text):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def run_shell(self, *arguments, **environment):
        return subprocess.run(["bash", *arguments], env={**self.environment, **environment}, capture_output=True, text=True, timeout=60)

    def start(self, **settings):
        self.program("tenfold-login", LOGIN)
        self.program("start", here_document("/opt/tenfold/start", parts()[2]))
        return self.run_shell(str(self.folder / "start"), **{**SETTINGS, "BROKER_ENDPOINT": "", "BROKER_PASSWORD_IS_IN": "", **settings})

    def run_section(self, begin, end, **environment):
        """With the folders of the machine moved into that of the test; nothing else of it may be named."""
        moved = re.sub(r"/(?:root|etc|var|opt)/", lambda found: str(self.folder) + found[0], section(begin, end))
        self.assertEqual(re.findall(r"""(?m)(?:^|[\s>'"])/(?!dev/)\S+""", moved.replace(str(self.folder), "(folder)")), [])
        return self.run_shell("-euo", "pipefail", "-c", moved, **environment)

    def fetch_authorities(self, answer):
        self.program("curl", CURL)
        (self.folder / "answer").write_text(answer)
        (self.folder / "etc/tenfold").mkdir(parents=True, exist_ok=True)
        given = {"database_ca": "https://ca.example/bundle.pem", "ASKED": str(self.folder / "asked"), "ANSWER": str(self.folder / "answer")}
        return self.run_section("# What signs the certificates", "# The program, if", **given)

    def probe(self, port):
        probing = section("for _ in {1..120}", "tail -n 50").replace("120", "2").replace("sleep 1", "sleep 0.1")
        return self.run_shell("-euo", "pipefail", "-c", probing + "exit 1", login_port=str(port)).returncode

    def fetch(self, sha256):
        fetching = section("# The program, if", "mkdir -p /opt/tenfold").replace("/root", str(self.folder))
        (self.folder / "release").write_text("a release\n")
        given = {"release": "s3://bucket/object", "release_sha256": sha256, "RELEASE": str(self.folder / "release")}
        return self.run_shell("-euo", "pipefail", "-c", fetching + "echo taken", **given)

    def test_is_a_script(self):
        pattern, _, script = parts()
        self.assertTrue(pattern.startswith("#!/bin/bash\n"))
        for text in (pattern, script, here_document("/opt/tenfold/start", script)):
            done = self.run_shell("-n", "-c", re.sub(r"\$\{[A-Z]\w+(::\w+)?(\.\w+)*\}", "name", text))
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_fits_in_what_ec2_takes(self):
        self.assertLess(len("".join([parts()[0], parts()[2]])), 12_000)

    def test_fills_in_only_what_there_is(self):
        """What !Sub would not find it would refuse; a shell's own ${...} in the first part is such a thing."""
        pattern, names, _ = parts()
        found = template.read()
        known = {*found["Resources"], *found["Parameters"], *names, "AWS::StackName", "AWS::Region"}
        wanted = {name.split(".")[0] for name in re.findall(r"\$\{([^}]*)\}", pattern)}
        self.assertEqual(wanted - known, set())

    def test_gives_what_the_start_script_reads(self):
        pattern, _, script = parts()
        given = set(re.findall(r"(?m)^(\w+)=", here_document("/etc/tenfold/settings", pattern)))
        read = set(re.findall(r"\$\{?([A-Z_]+)", here_document("/opt/tenfold/start", script)))
        self.assertEqual(read - given - {"TENFOLD_MASTER_KEY", "TENFOLD_TOKEN_KEY"}, set())

    def test_the_journal_is_sent_to_the_console_from_now_on(self):
        self.program("systemctl", NOTED)
        done = self.run_section("# What the journal has", "# What signs the certificates", CALLS=str(self.folder / "calls"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((self.folder / "calls").read_text(), "systemctl restart systemd-journald\n")
        settings = (self.folder / "etc/systemd/journald.conf.d/tenfold.conf").read_text()
        self.assertEqual(settings, "[Journal]\nForwardToConsole=yes\nTTYPath=/dev/ttyS0\nMaxLevelConsole=info\n")

    def test_the_authorities_of_the_database_are_fetched_or_nothing_starts(self):
        done = self.fetch_authorities("-----BEGIN CERTIFICATE-----\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((self.folder / "asked").read_text(), "https://ca.example/bundle.pem\n")
        self.assertIn("BEGIN CERTIFICATE", (self.folder / "etc/tenfold/rds-ca.pem").read_text())
        self.assertNotEqual(self.fetch_authorities("<html>a page of somebody's</html>\n").returncode, 0)

    def test_the_authorities_lie_where_the_url_names_them(self):
        pattern, _, script = parts()
        self.assertIn("DATABASE_CA=/etc/tenfold/rds-ca.pem", pattern.splitlines())
        self.assertIn('--output /etc/tenfold/rds-ca.pem "$database_ca"', script)

    def test_what_is_told_of_the_end_is_the_end_of_the_log(self):
        self.program("systemd-cat", "#!/bin/bash\ncat\n")
        (self.folder / "login.log").write_text("".join(f"line {n}\n" for n in range(100)))
        why = here_document("/opt/tenfold/why", parts()[2]).replace("/var/log/tenfold", str(self.folder))
        self.program("why", why)
        told = self.run_shell(str(self.folder / "why"), SERVICE_RESULT="exit-code")
        self.assertEqual((told.returncode, told.stdout.splitlines()[0], told.stdout.splitlines()[-1]), (0, "line 70", "line 99"))
        self.assertEqual(self.run_shell(str(self.folder / "why"), SERVICE_RESULT="success").stdout, "")

    def test_a_port_that_is_open_is_no_server_that_serves(self):
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]

            def answer():
                """Hangs up on the first, and answers the second."""
                listening.accept()[0].close()
                connection, _ = listening.accept()
                with connection, connection.makefile("rw") as lines:
                    lines.readline()
                    lines.write('{"status":1}\n')

            answering = threading.Thread(target=answer)
            answering.start()
            self.assertEqual(self.probe(port), 0)
            answering.join()
        self.assertEqual(self.probe(port), 1)

    def test_takes_the_release_that_was_meant(self):
        done = self.fetch("ba0ffd1e4b4e27c3ab3dbb23ceb57e69e17e6ee4b8e1a2a4cb6ce4e7c6fa07e3")
        self.assertNotIn("taken", done.stdout)
        sha256 = subprocess.run(["sha256sum", str(self.folder / "release")], capture_output=True, text=True, check=True).stdout.split()[0]
        self.assertIn("taken", self.fetch(sha256).stdout)

    def test_secrets_go_by_the_environment_alone(self):
        done = self.start()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines(), [
            "arguments: 0.0.0.0 8888",
            "TENFOLD_DATABASE=postgres://tenfold:secret-of-db@db.example:5432/tenfold?sslmode=verify-full&sslrootcert=/ca.pem",
            "TENFOLD_MASTER_KEY=secret-of-master",
            "TENFOLD_TOKEN_KEY=secret-of-key",
        ])

    def test_each_broker_is_named_with_its_password(self):
        for endpoint, url in (
            ("amqps://b-1.mq.example:5671", "amqps://tenfold:secret-of-mq@b-1.mq.example:5671"),
            ("stomp+ssl://b-1.mq.example:61614", "stomp+ssl://tenfold:secret-of-mq@b-1.mq.example:61614"),
        ):
            with self.subTest(endpoint=endpoint):
                done = self.start(BROKER_ENDPOINT=endpoint, BROKER_PASSWORD_IS_IN="mq")
                self.assertIn(f"TENFOLD_BROKER={url}", done.stdout.splitlines(), done.stderr)

    def test_without_its_secrets_it_does_not_start(self):
        self.program("aws", "#!/bin/bash\nexit 1\n")
        done = self.start()
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")


class UserDataOfAnApplicationServer(unittest.TestCase):
    """fleet/src/provider/ec2/user_data.sh, with its places filled as user_data.rs does."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.place = self.folder / "place"
        for name, text in {"curl": CURL, "systemctl": NOTED, "shutdown": NOTED, "systemd-run": NOTED, "dnf": "#!/bin/sh\nexit 1\n"}.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        (self.folder / "program").write_text("a program\n")

    def boot(self, **values):
        sha256 = hashlib.sha256((self.folder / "program").read_bytes()).hexdigest()
        values = {"login": "10.0.0.7:8889", "pin": "cGlu", "sha256": sha256, "instance": "7", "token": "t0ken", "log": "info",
                  "log_group": "", **values}
        script = APP_SCRIPT.read_text()
        for name, value in values.items():
            script = script.replace(f"{{{name}}}", f"'{value}'", 1)
        environment = {"PATH": f"{self.folder}:{os.environ['PATH']}", "TENFOLD_PLACE": str(self.place), "CALLS": str(self.folder / "calls"),
                       "ASKED": str(self.folder / "asked"), "ANSWER": str(self.folder / "program")}
        self.assertEqual(re.findall(r"""(?m)[\s>'"]/(?:etc|opt|usr|root)/\S*""", re.sub("(?m)^agent=.*|^    agent=.*|#.*", "", script)), [])
        return subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60)

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def test_the_journal_is_sent_to_the_console_before_anything_can_fail(self):
        done = self.boot()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        settings = (self.place / "etc/systemd/journald.conf.d/tenfold.conf").read_text()
        self.assertEqual(settings, "[Journal]\nForwardToConsole=yes\nTTYPath=/dev/ttyS0\nMaxLevelConsole=info\n")
        self.assertEqual(self.calls()[0], "systemctl restart systemd-journald")

    def test_a_server_that_fails_tells_how_its_log_ends(self):
        self.boot()
        self.assertIn(f"--property=ExecStopPost={self.place}/why ", self.calls()[1])
        (self.place / "app.log").write_text("a panic\n")
        (self.place / "log/app.log").write_text("".join(f"line {n}\n" for n in range(100)))
        told = {result: subprocess.run([str(self.place / "why")], env={**os.environ, "SERVICE_RESULT": result}, capture_output=True,
                                       text=True, check=True).stdout for result in ("exit-code", "success")}
        self.assertIn("a panic\n", told["exit-code"])
        self.assertTrue(told["exit-code"].endswith("line 98\nline 99\n"))
        self.assertNotIn("line 69\n", told["exit-code"])
        self.assertEqual(told["success"], "")

    def test_the_token_is_on_no_command_line_and_goes_once_it_was_read(self):
        self.boot()
        self.assertFalse(any("t0ken" in call for call in self.calls()))
        self.assertFalse((self.place / "token").exists())

    def test_what_tells_of_its_end_is_run_though_the_token_is_gone(self):
        """systemd reads the environment anew for ExecStopPost, and does not run it where the file is missing (seen with 252)."""
        self.boot()
        named = re.findall(r"--property=EnvironmentFile=(\S+)", self.calls()[1])
        self.assertEqual([file for file in named if not file.startswith("-") and not Path(file).exists()], [])
        self.assertEqual(named, [f"-{self.place}/token"])

    def test_another_program_than_the_one_that_was_meant_ends_the_machine(self):
        done = self.boot(sha256="00" * 32)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("the program is not the one that was meant", done.stderr)
        self.assertEqual(self.calls()[1:], ["shutdown -h now"])


if __name__ == "__main__":
    unittest.main()
