"""The commands of README.md: a shell understands each block, and the way of an old stack's master key into a secret is run against
stand-ins."""

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import keys

KEY = "0123456789abcdef" * 4
# Stands for the AWS CLI: notes its calls, and what a file holds that one of them is given.
AWS = """#!/bin/bash
echo "$*" >>"$CALLS"
case "$1 $2" in
    'cloudformation describe-stacks') echo group ;;
    'autoscaling describe-auto-scaling-groups') echo i-1 ;;
    'ec2 describe-instances') printf '203.0.113.9\\tsg-1\\n' ;;
    'secretsmanager create-secret')
        while [ "$1" != --secret-string ]; do shift; done
        cat "${2#file://}" >"$SECRET"
        echo arn:aws:secretsmanager:eu-central-1:1:secret:x ;;
esac
"""
STAND_INS = {
    "aws": AWS,
    "curl": "#!/bin/sh\necho 198.51.100.1\n",
    "ssh": "#!/bin/sh\necho \"ssh $*\" >>\"$CALLS\"\ncat \"$FOUND\"\n",
    "ssh-keygen": "#!/bin/sh\ntouch target/once target/once.pub\n",
}


def blocks():
    return re.findall(r"(?ms)^```sh\n(.*?)^```$", keys.GUIDE.read_text())


class TheGuide(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, text in STAND_INS.items():
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)

    def take_the_key(self, found):
        (self.folder / "found").write_text(found)
        (self.folder / "calls").unlink(missing_ok=True)
        (self.folder / "secret").unlink(missing_ok=True)
        define = next(line for block in blocks() for line in block.splitlines() if line.startswith("output()"))
        taking = next(block for block in blocks() if "master.key >" in block)
        given = {"PATH": f"{self.folder}:{os.environ['PATH']}", "STACK": "tenfold", "CALLS": str(self.folder / "calls"),
                 "FOUND": str(self.folder / "found"), "SECRET": str(self.folder / "secret")}
        return subprocess.run(["bash", "-c", f"{define}\n{taking}"], env=given, cwd=self.folder, capture_output=True, text=True, timeout=60)

    def test_a_shell_understands_each_block(self):
        for block in blocks():
            done = subprocess.run(["bash", "-n", "-c", block], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""), block)

    def test_an_old_stacks_master_key_comes_into_a_secret_and_onto_no_command_line(self):
        done = self.take_the_key(KEY + "\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout.splitlines()[-1], "arn:aws:secretsmanager:eu-central-1:1:secret:x")
        self.assertEqual((self.folder / "secret").read_text().strip(), KEY)
        calls = (self.folder / "calls").read_text()
        self.assertNotIn(KEY, calls + done.stdout + done.stderr)
        self.assertIn("ssh -i target/once ec2-user@203.0.113.9 sudo cat /var/lib/tenfold/master.key\n", calls)
        rule = "--group-id sg-1 --protocol tcp --port 22 --cidr 198.51.100.1/32\n"
        self.assertLess(calls.index(f"authorize-security-group-ingress {rule}"), calls.index(f"revoke-security-group-ingress {rule}"))
        self.assertEqual((self.folder / "target/master.key").stat().st_mode & 0o77, 0)

    def test_what_is_no_key_is_put_nowhere(self):
        done = self.take_the_key("cat: no such file\n")
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse((self.folder / "secret").exists())


if __name__ == "__main__":
    unittest.main()
