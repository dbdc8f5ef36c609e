"""The emulator as the tests start it: what it takes, refuses and notes."""

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
from pathlib import Path

import cbor2

PROGRAM = Path(__file__).with_name("emulator.py")
REGION = "us-east-1"
ROLE = "login-server"
# Another one than that of the tests' own calls; it begins as theirs.
SIGNATURE = "0123456789abcdef"
DEADLINE = 120

LAUNCH = {
    "MinCount": "1", "MaxCount": "1", "ImageId": "ami-0abcdef1234567890", "InstanceType": "t3.micro",
    "TagSpecification.1.ResourceType": "instance", "TagSpecification.1.Tag.1.Key": "tenfold:fleet", "TagSpecification.1.Tag.1.Value": "f",
}


def start(folder):
    """The process and its port."""
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port = it.getsockname()[1]
    # As testcases/src/aws/emulator.rs.
    own = {"GATEWAY_SERVER": "hypercorn", "GATEWAY_LISTEN": f"127.0.0.1:{port}", "LOCALSTACK_VOLUME_DIR": f"{folder}/volume",
           "FILESYSTEM_ROOT": f"{folder}/files", "TMPDIR": folder, "HOME": folder, "SKIP_SSL_CERT_DOWNLOAD": "1", "SKIP_INFRA_DOWNLOADS": "1",
           "DISABLE_EVENTS": "1", "DNS_ADDRESS": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    with open(f"{folder}/log", "wb") as log:
        process = subprocess.Popen([sys.executable, PROGRAM, folder], env={**os.environ, **own}, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    return process, port


class TheEmulator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="tenfold-aws-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        process, cls.port = start(folder.name)
        cls.addClassCleanup(process.wait, 30)
        cls.addClassCleanup(process.terminate)
        end = time.monotonic() + DEADLINE
        while True:
            try:
                cls.exchange("GET", "/_localstack/health")
                return
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise AssertionError((cls.folder / "log").read_text()) from None
                time.sleep(0.1)

    def setUp(self):
        self.account = str(100_000_000_000 + time.monotonic_ns() % 10**11)

    @classmethod
    def exchange(cls, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", cls.port, timeout=DEADLINE)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def headers(self, service, signature, role):
        whose = f"AWS4-HMAC-SHA256 Credential={self.account}/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature={signature}"
        return {"Authorization": whose, **({"X-Amz-Security-Token": role} if role else {})}

    def ec2(self, action, signature=SIGNATURE, role=ROLE, **parameters):
        """Status and, of a failure, its code; else the answer."""
        form = urllib.parse.urlencode({"Action": action, "Version": "2016-11-15", **parameters})
        headers = {**self.headers("ec2", signature, role), "Content-Type": "application/x-www-form-urlencoded"}
        status, body = self.exchange("POST", "/", form, headers)
        code = re.search(rb"<Code>(.*?)</Code>", body)
        return status, code[1].decode() if code else body.decode()

    def launch(self, **more):
        status, told = self.ec2("RunInstances", **{**LAUNCH, **more})
        self.assertEqual(status, 200, told)
        return re.search("<instanceId>(.*?)</instanceId>", told)[1]

    def put(self, role=ROLE, namespace="Tenfold", **datum):
        body = {"Namespace": namespace, "MetricData": [{"MetricName": "Sessions", "Timestamp": cbor2.CBORTag(1, int(time.time())), "Value": 1.0, **datum}]}
        headers = {**self.headers("monitoring", SIGNATURE, role), "Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}
        path = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
        status, told = self.exchange("POST", path, cbor2.dumps(body), headers)
        return status, cbor2.loads(told)["__type"] if told else ""

    def noted(self):
        status, told = self.exchange("GET", f"/_tenfold/violations/{self.account}")
        self.assertEqual(status, 200)
        lines = told.decode().splitlines()
        kept = (self.folder / "violations").read_text().splitlines()
        self.assertEqual(lines, [line for line in kept if line.startswith(self.account)])
        return [line.removeprefix(f"{self.account}: ") for line in lines]

    def is_noted(self, *words):
        noted = self.noted()
        self.assertEqual(len(noted), len(words), noted)
        for line, one in zip(noted, words):
            self.assertIn(one, line)

    def test_what_the_role_may_do_is_done(self):
        self.assertEqual(self.ec2("RunInstances", DryRun="true", **LAUNCH), (412, "DryRunOperation"))
        instance = self.launch()
        self.assertEqual(self.ec2("DescribeInstances", **{"Filter.1.Name": "tag:tenfold:fleet", "Filter.1.Value.1": "f"})[0], 200)
        self.assertEqual(self.ec2("GetConsoleOutput", InstanceId=instance, Latest="true")[0], 200)
        self.assertEqual(self.ec2("TerminateInstances", **{"InstanceId.1": instance})[0], 200)
        self.assertEqual(self.ec2("TerminateInstances", **{"InstanceId.1": "i-0123456789abcdef0"}), (400, "InvalidInstanceID.NotFound"))
        self.assertEqual(self.put(), (200, ""))
        self.is_noted()

    def test_what_is_not_there_is_told_also_to_a_dry_run(self):
        for more, code in [({"SubnetId": "subnet-01234567"}, "InvalidSubnetID.NotFound"), ({"SecurityGroupId.1": "sg-01234567"}, "InvalidGroup.NotFound"),
                           ({"SecurityGroup.1": "nobody's"}, "InvalidGroup.NotFound"),
                           ({"LaunchTemplate.LaunchTemplateName": "nobody's"}, "InvalidLaunchTemplateName.NotFoundException"),
                           ({"LaunchTemplate.LaunchTemplateId": "lt-01234567"}, "InvalidLaunchTemplateId.NotFound")]:
            self.assertEqual(self.ec2("RunInstances", DryRun="true", **LAUNCH, **more), (400, code))
        self.is_noted()

    def test_what_it_may_not_do_is_refused_and_noted(self):
        bare = self.launch(role=None, **{"TagSpecification.1.Tag.1.Key": "other"})
        for action, parameters in [("DescribeVpcs", {}), ("TerminateInstances", {"InstanceId.1": bare}),
                                   ("GetConsoleOutput", {"InstanceId": bare}),
                                   ("RunInstances", {**LAUNCH, "DryRun": "true", "IamInstanceProfile.Name": "p"})]:
            self.assertEqual(self.ec2(action, **parameters), (403, "UnauthorizedOperation"), action)
        self.assertEqual(self.put(namespace="Other")[1], "AccessDenied")
        self.is_noted("ec2:DescribeVpcs on *", f"instance/{bare}: no statement", f"instance/{bare}: no statement",
                      "there is no arn:aws:iam", "cloudwatch:PutMetricData on *")

    def test_what_the_model_does_not_know_is_refused_and_noted_whoever_asks(self):
        for role in (ROLE, None):
            self.assertEqual(self.ec2("RunInstances", role=role, **LAUNCH, Colour="red"), (400, "ValidationError"))
        self.assertEqual(self.put(Unit="Apples")[1], "ValidationError")
        self.is_noted("RunInstances: Colour: the model knows", "RunInstances: Colour", "PutMetricData: MetricData.1.Unit")

    def test_what_the_emulator_cannot_read_is_noted(self):
        self.assertEqual(self.put(StorageResolution="x")[0], 500)
        self.is_noted("the emulator could not read it")

    def test_whoever_has_no_role_may_do_everything(self):
        self.assertEqual(self.ec2("DescribeSecurityGroups", role=None)[0], 200)
        self.is_noted()

    def test_what_is_not_signed_is_not_looked_at(self):
        self.assertEqual(self.ec2("DescribeSecurityGroups", signature="0", Colour="red")[0], 200)
        self.is_noted()

    def test_a_fault_of_its_own_lets_nothing_pass(self):
        self.assertEqual(self.ec2("DescribeInstances", role="nobody")[0], 500)
        self.is_noted("KeyError: 'nobody'")


if __name__ == "__main__":
    unittest.main()
