"""bin/aws, run against cloud.py in place of the AWS CLI: what it refuses before anything is made, in which order it does things, and that
it goes on after a failure. Every call that a test has seen is held to botocore's models: service, operation, options, and the answer of
the stand-in, so that the queries are tried on what AWS would send."""

import copy
import functools
import io
import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import tarfile
import tempfile
import time
import unittest
from pathlib import Path

import botocore.session
import botocore.validate
import cfnlint
import cloud
import keys
import template
from botocore import xform_name

ROOT = keys.ROOT
TOOLS = ("awk bash cat cut dirname env grep gzip head id kill mkdir mktemp od readelf readlink rm sed sh sha256sum sort tail tar touch tr "
         "uname").split()
BUCKET = "tenfold-release-111122223333-eu-central-1"
X86, ARM = 0x3E, 0xB7
# What bin/aws may ask of the CLI besides the operations of the services.
OF_THE_CLI = {"configure get", "s3 cp", "s3 ls", "logs tail", "cloudformation deploy", "ec2 wait"}
# Calls that change nothing.
LOOKING = re.compile(r"describe-|get\b|list-|head-|simulate-|tail|ls|wait")
LINKED = ["AWSServiceRoleForAutoScaling", "AWSServiceRoleForElasticLoadBalancing", "AWSServiceRoleForRDS"]


def elf(machine, inside=b""):
    """As much of a program as is looked at."""
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, machine, 1) + bytes(40) + inside + b"\0"


def dynamic(glibc):
    return elf(X86, b"/lib64/ld-linux-x86-64.so.2\0GLIBC_2.2.5\0GLIBC_2.9\0GLIBC_" + glibc)


@functools.cache
def model(service):
    return botocore.session.get_session().get_service_model(service)


def operation_of(words):
    service = model({"s3api": "s3"}.get(words[0], words[0]))
    names = {xform_name(name, "-"): name for name in service.operation_names}
    return service.operation_model(names[words[1]])


def faults_of(words, found):
    """What AWS's own models say against a call and against the stand-in's answer."""
    if " ".join(words[:2]) in OF_THE_CLI:
        return []
    operation = operation_of(words)
    members = {"--" + xform_name(name, "-"): name for name in operation.input_shape.members}
    given = [word for word in words[2:] if word.startswith("--") and word not in ("--query", "--output", "--no-paginate")]
    faults = [f"{words[:2]} has no {word}" for word in given if word not in members]
    faults += [f"{words[:2]} needs {name}" for name in operation.input_shape.required_members
               if "--" + xform_name(name, "-") not in given]
    if found:
        report = botocore.validate.ParamValidator().validate(found, operation.output_shape)
        faults += [f"the stand-in: {report.generate_report()}"] if report.has_errors() else []
    return faults


class Operating(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.tools, self.project = self.folder / "tools", self.folder / "a project"
        self.tools.mkdir()
        (self.project / "bin").mkdir(parents=True)
        for name in ("aws", "lib.sh"):
            shutil.copy(ROOT / "bin" / name, self.project / "bin" / name)
        for name in ("deploy", "dashboards"):
            (self.project / name).symlink_to(ROOT / name)
        for name in TOOLS:
            (self.tools / name).symlink_to(shutil.which(name))
        self.program("sleep", "exit 0")
        (self.tools / "aws").write_text(cloud.AWS)
        (self.tools / "aws").chmod(0o755)
        self.aws = cloud.Cloud()
        self.addCleanup(self.aws.close)
        self.release = self.make_release("release.tar.gz")

    def tearDown(self):
        for words, found in self.aws.calls:
            self.assertEqual(faults_of(words, found), [], words)

    def program(self, name, text, folder=None):
        path = (folder or self.tools) / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def cloud(self, **changes):
        """What is there, from now on; without anything else, what is there now."""
        self.aws.now.update(copy.deepcopy(changes))
        return copy.deepcopy(self.aws.now)

    def make_release(self, name, login=elf(X86), app=elf(X86)):
        with tarfile.open(self.folder / name, "w:gz") as archive:
            for program, data in {"tenfold-login": login, "tenfold-app": app}.items():
                entry = tarfile.TarInfo(program)
                entry.size, entry.mode = len(data), 0o755
                archive.addfile(entry, io.BytesIO(data))
        return str(self.folder / name)

    def environment(self, **environment):
        return {"PATH": str(self.tools), "HOME": str(self.folder), "AWS_REGION": "eu-central-1", "CLOUD": str(self.aws.port),
                "FOLLOWING": str(self.folder / "following"), "REAL_SLEEP": shutil.which("sleep"), **environment}

    def run_it(self, *words, input="", **environment):
        self.done = subprocess.run([self.project / "bin/aws", *words], env=self.environment(**environment), input=input,
                                   capture_output=True, text=True, timeout=300)
        return self.done

    def up(self, *words, **given):
        parameters = [] if "--no-cidr" in words else ["--parameter", "ClientCidr=203.0.113.7/32"]
        words = [word for word in words if word != "--no-cidr"]
        release = [] if {"--release", "--keep-release"} & set(words) else ["--release", self.release]
        return self.run_it("up", *parameters, *release, *words, **given)

    def made(self):
        """The calls that change something, by their first two words."""
        return [" ".join(words[:2]) for words, _ in self.aws.calls if not LOOKING.match(words[1])]

    def forget_the_calls(self):
        self.aws.calls.clear()

    def call(self, name):
        return next(words for words, _ in self.aws.calls if " ".join(words[:2]) == name)

    def succeeds(self, done):
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def refuses(self, done, *words):
        """One sentence with the mend, and nothing made."""
        self.assertEqual((done.returncode, done.stdout, self.made()), (2, "", []), done.stderr)
        said = [line for line in done.stderr.splitlines() if "not checked" not in line]
        self.assertEqual(len(said), 1, done.stderr)
        for word in words:
            self.assertIn(word, said[0])


class TheCommandLine(Operating):
    def test_help_names_every_word_and_asks_nobody(self):
        (self.tools / "aws").unlink()
        for words in (["--help"], ["help"], ["up", "--help"], ["-h"]):
            done = self.run_it(*words)
            self.succeeds(done)
            for word in ("up", "status", "logs", "dashboard", "down", "--parameter", "--release", "--yes"):
                self.assertIn(word, done.stdout)

    def test_what_is_unknown_is_refused(self):
        for words, said in (([], "say what to do"), (["begin"], "knows no `begin`"), (["up", "--fast"], "knows no `--fast`"),
                            (["status", "--yes"], "status takes no --yes"), (["up", "--follow"], "up takes no --follow"),
                            (["up", "--stack"], "--stack wants a value"), (["up", "--stack", "9lives"], "--stack 9lives"),
                            (["up", "MaxInstances=3"], "put --parameter before"), (["up", "--release=a", "--keep-release"], "exclude"),
                            (["down", "tenfold"], "knows no `tenfold`")):
            with self.subTest(words=words):
                self.refuses(self.run_it(*words), said)

    def test_the_calls_are_shown_as_they_can_be_repeated(self):
        done = self.run_it("status", "--show-calls")
        self.assertIn("tenfold: aws sts get-caller-identity --query '[Account,Arn]' --output text\n", done.stderr)
        shown = [shlex.split(line)[2:] for line in done.stderr.splitlines() if line.startswith("tenfold: aws ")]
        self.assertEqual(shown, [words for words, _ in self.aws.calls])


class BeforeAnythingIsMade(Operating):
    def test_no_cli(self):
        (self.tools / "aws").unlink()
        self.refuses(self.up(), "the AWS CLI is not installed", "install version 2")

    def test_itself_in_the_path_is_not_taken_for_the_cli(self):
        path = f"{self.project / 'bin'}:{self.tools}"
        self.succeeds(self.up(PATH=path))
        (self.tools / "aws").unlink()
        self.forget_the_calls()
        self.refuses(self.up(PATH=path), "the AWS CLI is not installed")

    def test_version_1_of_the_cli(self):
        self.cloud(version="aws-cli/1.45.11 Python/3.11.7 Linux/6.18 botocore/1.43.11")
        self.refuses(self.up(), "aws-cli/1.45.11", "version 2 is needed")

    def test_no_credentials(self):
        self.cloud(fails={"sts get-caller-identity": 'Unable to locate credentials. You can configure credentials by running "aws login".'})
        self.refuses(self.up(), "Unable to locate credentials", "aws sso login")

    def test_credentials_that_have_expired(self):
        self.cloud(fails={"sts get-caller-identity": "An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: expired"})
        self.refuses(self.up(), "have expired", "sign in again")

    def test_no_region(self):
        self.refuses(self.up(AWS_REGION=""), "no region is named", "--region eu-central-1")

    def test_the_region_of_the_profile_is_taken(self):
        self.cloud(region="eu-west-1\n")
        self.succeeds(self.up(AWS_REGION=""))
        self.assertIn("tenfold-release-111122223333-eu-west-1", self.cloud()["buckets"])

    def test_a_wrong_region(self):
        self.refuses(self.up("--region", "Frankfurt"), "written as eu-central-1")
        self.forget_the_calls()
        self.cloud(fails={"sts get-caller-identity": 'Could not connect to the endpoint URL: "https://sts.eu-central-9.amazonaws.com/"'})
        self.refuses(self.up("--region", "eu-central-9"), "nothing answers for AWS in eu-central-9", "check the name of the region")

    def test_no_rights(self):
        denied = "An error occurred (AccessDenied) when calling the DescribeStacks operation: User is not authorized to perform this"
        self.cloud(fails={"cloudformation describe-stacks": denied})
        self.refuses(self.up(), "these credentials may not describe the stack tenfold", "give them that right")

    def test_half_the_rights(self):
        self.cloud(denied=["rds:CreateDBInstance", "iam:CreateRole"])
        self.refuses(self.up(), "lacks rights", "rds:CreateDBInstance iam:CreateRole;", "--no-rights-check")
        done = self.up("--no-rights-check")
        self.succeeds(done)
        self.assertIn("going on without these rights: rds:CreateDBInstance iam:CreateRole", done.stderr)

    def test_rights_that_nobody_may_simulate_are_said_to_be_unchecked(self):
        denied = "An error occurred (AccessDenied) when calling the SimulatePrincipalPolicy operation: no"
        self.cloud(fails={"iam simulate-principal-policy": denied})
        done = self.up()
        self.succeeds(done)
        self.assertIn("not checked: the rights of these credentials", done.stderr)

    def test_the_rights_of_a_session_are_its_roles(self):
        self.cloud(caller="arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_1/me", roles=["AWSReservedSSO_Admin_1"])
        self.succeeds(self.up())
        source = cloud.option(self.call("iam simulate-principal-policy"), "--policy-source-arn")
        self.assertEqual(source, ["arn:aws:iam::111122223333:role/aws-reserved/x/AWSReservedSSO_Admin_1"])

    def test_a_broker_needs_a_right_and_a_role_of_its_own(self):
        self.cloud(denied=["mq:CreateBroker"])
        self.succeeds(self.up())
        self.cloud(stack=None)
        self.forget_the_calls()
        self.refuses(self.up("--parameter", "BrokerKind=RabbitMQ"), "mq:CreateBroker")
        self.cloud(denied=[])
        self.succeeds(self.up("--parameter", "BrokerKind=RabbitMQ"))
        self.assertIn("AWSServiceRoleForAmazonMQ", self.cloud()["roles"])

    def test_a_quota_of_zero(self):
        self.cloud(quota=0.0)
        self.refuses(self.up(), "may run 0 vCPUs in eu-central-1", "needs up to 24", "request-service-quota-increase", "value 24 --region eu-central-1`")
        self.assertNotIn("MaxInstances", self.done.stderr)

    def test_a_quota_for_fewer_names_how_many(self):
        self.cloud(quota=20.0, running=[(2, None), (1, cloud.tags(stack="tenfold")), (1, cloud.tags(fleet="tenfold"))])
        self.refuses(self.up(), "may run 20 vCPUs", "4 of them run something else", "up to 24", "value 28", "MaxInstances=6")
        self.succeeds(self.up("--parameter", "MaxInstances=6"))

    def test_larger_types_need_more(self):
        self.refuses(self.up("--parameter", "AppInstanceTypes=t3.micro,m7i.xlarge", "MaxInstances=16"), "up to 68")

    def test_types_of_no_standard_family_are_said_to_be_unchecked(self):
        self.cloud(quota=0.0)
        done = self.up("--parameter", "AppInstanceTypes=g5.xlarge")
        self.succeeds(done)
        self.assertIn("not checked: the quota for g5.xlarge", done.stderr)

    def test_a_type_that_is_none(self):
        self.refuses(self.up("--parameter", "LoginInstanceType=t9.small"), "t9.small", "name others")

    def test_a_postgres_that_is_no_longer_to_be_had(self):
        self.refuses(self.up("--parameter", "DatabaseVersion=17.2"), "no Postgres 17.2", "DatabaseVersion= and one of 17.8 17.9")

    def test_parameters_that_are_none(self):
        self.refuses(self.up("--no-cidr"), "ClientCidr=203.0.113.7/32")
        self.refuses(self.up("--parameter", "Maximum=3"), "has no Maximum")
        self.refuses(self.up("--parameter", "MaxInstances=many"), "it is a number")
        self.refuses(self.up("--parameter", "ReleaseSha256=0"), "give the file with --release")
        self.refuses(self.up("--keep-release"), "no stack tenfold", "leave the option out")

    def test_somebody_elses_stack(self):
        self.cloud(stack="CREATE_COMPLETE", description="A shop")
        self.refuses(self.up(), "is not Tenfold's", "--stack")
        self.forget_the_calls()
        self.refuses(self.run_it("down", "--yes"), "is not Tenfold's", "--stack")


class TheRelease(Operating):
    def refuses_it(self, *words, **programs):
        self.forget_the_calls()
        self.refuses(self.up("--release", self.make_release("other.tar.gz", **programs)), *words)

    def test_another_architecture_than_the_types(self):
        self.refuses_it("is for arm64, and t3.micro is x86_64", "AppInstanceTypes=t4g.micro", login=elf(ARM), app=elf(ARM))

    def test_another_architecture_than_the_image(self):
        self.cloud(image="arm64")
        self.refuses(self.up(), "is for x86_64, and the image", "is arm64", "al2023-ami-kernel-default-x86_64")

    def test_an_image_that_is_not_to_be_had_there(self):
        self.cloud(fails={"ssm get-parameter": "An error occurred (ParameterNotFound) when calling the GetParameter operation: "})
        self.refuses(self.up(), "is not to be had in eu-central-1", "leave Image out")

    def test_graviton_goes_with_graviton(self):
        self.cloud(image="arm64")
        release = self.make_release("arm.tar.gz", elf(ARM), elf(ARM))
        self.succeeds(self.up("--release", release, "--parameter", "LoginInstanceType=t4g.small", "AppInstanceTypes=t4g.micro"))

    def test_two_architectures(self):
        self.refuses_it("two architectures", login=elf(X86), app=elf(ARM))

    def test_programs_of_another_system(self):
        self.refuses_it("tenfold-login", "no Linux program", login=b"\xcf\xfa\xed\xfe a Mac's")
        self.refuses_it("tenfold-app", "no Linux program", app=elf(0xF3))

    def test_a_c_library_that_is_too_new(self):
        for tools in ("readelf", "none"):
            self.refuses_it("tenfold-app", "needs GLIBC_2.36", "Amazon Linux 2023 has 2.34", "bin/release", app=dynamic(b"2.36"))
            (self.tools / "readelf").unlink(missing_ok=True)
        self.refuses_it("needs GLIBC_2.100", app=dynamic(b"2.100"))
        self.succeeds(self.up("--release", self.make_release("old.tar.gz", app=dynamic(b"2.34"))))

    @unittest.skipUnless(shutil.which("gcc"), "no C compiler")
    def test_programs_of_a_compiler(self):
        """Of this machine's C library: what readelf says of it, and that a static one needs none."""
        source = self.folder / "a.c"
        source.write_text("#include <stdlib.h>\nint main(void) { return arc4random() == 1; }\n")
        for name, words in {"dynamic": [], "static": ["-static"]}.items():
            done = subprocess.run(["gcc", *words, "-o", self.folder / name, source], capture_output=True, text=True)
            if done.returncode:
                self.skipTest("the C library knows no arc4random, or is not there for static programs")
        machine = (self.folder / "static").read_bytes()
        types = ["--parameter", "LoginInstanceType=t4g.small", "AppInstanceTypes=t4g.micro"] if machine[18] == ARM else []
        self.cloud(image="arm64" if types else "x86_64")
        self.refuses(self.up("--release", self.make_release("new.tar.gz", (self.folder / "dynamic").read_bytes()), *types), "GLIBC_2.36")
        self.forget_the_calls()
        self.succeeds(self.up("--release", self.make_release("static.tar.gz", machine, machine), *types))

    def test_musls_loader(self):
        self.refuses_it("musl's loader", app=elf(X86, b"/lib/ld-musl-x86_64.so.1"))

    def test_what_is_no_release(self):
        self.refuses(self.up("--release", "nowhere.tar.gz"), "no such file")
        (self.folder / "text").write_text("text")
        self.refuses(self.up("--release", str(self.folder / "text")), "no gzipped tar file")
        with tarfile.open(self.folder / "empty.tar.gz", "w:gz"):
            pass
        self.refuses(self.up("--release", str(self.folder / "empty.tar.gz")), "no tenfold-login")

    def test_one_that_is_not_what_its_checksum_says(self):
        Path(self.release + ".sha256").write_text("0" * 64 + "  release.tar.gz\n")
        self.refuses(self.up(), "fetch or make it again")

    def test_is_made_where_none_is_named(self):
        self.program("release", f'echo "building" >&2; echo "$1" >"{self.folder}/asked"; echo "{self.release}"', self.project / "bin")
        (self.tools / "uname").unlink()
        self.program("uname", "echo x86_64")
        self.succeeds(self.run_it("up", "--parameter", "ClientCidr=203.0.113.7/32"))
        self.assertEqual((self.folder / "asked").read_text(), f"{self.project.resolve()}/target/release-for-aws\n")
        self.assertEqual(len(self.cloud()["objects"]), 1)

    def test_is_not_made_for_another_architecture_than_this_machines(self):
        self.program("release", "exit 9", self.project / "bin")
        (self.tools / "uname").unlink()
        self.program("uname", "echo aarch64")
        self.refuses(self.run_it("up", "--parameter", "ClientCidr=203.0.113.7/32"), "bin/release makes on this machine is for arm64")

    def test_that_cannot_be_made(self):
        self.program("release", "exit 2", self.project / "bin")
        (self.tools / "uname").unlink()
        self.program("uname", "echo x86_64")
        self.refuses(self.run_it("up", "--parameter", "ClientCidr=203.0.113.7/32"), "could not be made")


class Up(Operating):
    def test_from_nothing(self):
        done = self.up("--parameter", "AlarmEmail=a@example.org", "--parameter", "MaxInstances=5")
        self.succeeds(done)
        self.assertEqual(done.stdout, "address: login.example port 8888\nclients: bin/client login.example 8888\n")
        self.assertEqual(self.made(), [
            *3 * ["iam create-service-linked-role"], "s3api create-bucket", "s3api put-public-access-block", "s3api put-bucket-encryption",
            "s3 cp", "cloudformation deploy"])
        sha256 = subprocess.run(["sha256sum", self.release], capture_output=True, text=True, check=True).stdout[:64]
        words = self.call("cloudformation deploy")
        self.assertEqual(cloud.option(words, "--parameter-overrides"),
                         [f"ReleaseBucket={BUCKET}", f"ReleaseObject=tenfold-{sha256}.tar.gz", f"ReleaseSha256={sha256}",
                          "ClientCidr=203.0.113.7/32", "AlarmEmail=a@example.org", "MaxInstances=5"])
        self.assertEqual(cloud.option(words, "--capabilities"), ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
        self.assertEqual(cloud.option(words, "--s3-bucket"), [BUCKET])
        self.assertNotIn("--disable-rollback", words)
        self.assertEqual(cloud.option(self.call("s3api create-bucket"), "--create-bucket-configuration"), ["LocationConstraint=eu-central-1"])
        self.assertEqual(sorted(self.cloud()["roles"]), LINKED)

    def test_the_oldest_region_has_buckets_without_a_place(self):
        self.succeeds(self.up("--region", "us-east-1", "--disable-rollback"))
        self.assertNotIn("--create-bucket-configuration", self.call("s3api create-bucket"))
        self.assertIn("--disable-rollback", self.call("cloudformation deploy"))

    def test_without_changes(self):
        self.succeeds(self.up())
        self.forget_the_calls()
        self.cloud(changes=False)
        done = self.up()
        self.succeeds(done)
        self.assertIn("address: login.example port 8888\n", done.stdout)
        self.assertEqual(self.made(), ["s3api put-public-access-block", "s3api put-bucket-encryption", "cloudformation deploy"])

    def test_parameters_of_the_stack_stay(self):
        self.succeeds(self.up("--parameter", "LoginInstanceType=t3.micro"))
        self.forget_the_calls()
        self.succeeds(self.run_it("up", "--keep-release", "--parameter", "MaxInstances=4"))
        self.assertEqual(cloud.option(self.call("cloudformation deploy"), "--parameter-overrides"), ["MaxInstances=4"])
        self.assertIn("t3.micro", cloud.option(self.call("ec2 describe-instance-types"), "--instance-types"))
        self.assertNotIn("t3.small", cloud.option(self.call("ec2 describe-instance-types"), "--instance-types"))

    def test_repeated_after_a_failure_in_the_middle(self):
        """Whatever fails, the second try goes on, and makes nothing twice."""
        for failing in ("iam create-service-linked-role", "s3api create-bucket", "s3api put-public-access-block",
                        "s3api put-bucket-encryption", "s3 cp", "cloudformation deploy"):
            with self.subTest(failing=failing):
                self.forget_the_calls()
                self.cloud(**{**cloud.NEW, "fails": {failing: ["upload failed: Connection was closed"]}})
                done = self.up()
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("Connection was closed", done.stderr)
                self.succeeds(self.up())
                self.assertEqual(sorted(self.cloud()["roles"]), LINKED)
                self.assertEqual((self.cloud()["buckets"], len(self.cloud()["objects"])), ([BUCKET], 1))

    def test_a_role_that_another_run_has_made_meanwhile(self):
        taken = "An error occurred (InvalidInput) when calling the CreateServiceLinkedRole operation: Service role name AWSServiceRoleForRDS " \
                "has been taken in this account, please try a different suffix."
        self.cloud(fails={"iam create-service-linked-role": [taken]})
        self.succeeds(self.up())

    def test_a_bucket_of_somebody_else(self):
        self.cloud(fails={"s3api head-bucket": "An error occurred (403) when calling the HeadBucket operation: Forbidden"})
        done = self.up()
        self.assertEqual(done.returncode, 2)
        self.assertIn("somebody else's", done.stderr)
        self.assertNotIn("s3 cp", self.made())

    def test_a_stack_that_could_not_be_made_is_deleted_after_a_question(self):
        events = [{"LogicalResourceId": "Vpc", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "Resource creation cancelled"},
                  {"LogicalResourceId": "LoginServers", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "Received 0 SUCCESS signal(s)"},
                  {"LogicalResourceId": "Vpc", "ResourceStatus": "CREATE_COMPLETE"}]
        for state in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
            with self.subTest(state=state):
                self.cloud(stack=state, events=events, login=[], fleet=[])
                self.forget_the_calls()
                for answer in ("", "no\n"):
                    done = self.up(input=answer)
                    self.assertEqual((done.returncode, self.made()), (2, []))
                    self.assertIn(f"is {state}", done.stderr)
                    self.assertIn("LoginServers: Received 0 SUCCESS signal(s)", done.stderr)
                    self.assertNotIn("cancelled", done.stderr)
                    self.assertIn("--yes", done.stderr)
                self.succeeds(self.up(input="yes\n"))
                self.assertEqual([name for name in self.made() if name.startswith("cloudformation")],
                                 ["cloudformation delete-stack", "cloudformation deploy"])
        self.cloud(stack="ROLLBACK_COMPLETE", events=events)
        self.succeeds(self.up("--yes"))

    def test_a_stack_that_fails_says_why(self):
        events = [{"LogicalResourceId": "Database", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "Cannot find version 17.9"}]
        self.cloud(result="ROLLBACK_COMPLETE", events=events)
        done = self.up()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("Database: Cannot find version 17.9\n", done.stderr)
        self.assertIn("is ROLLBACK_COMPLETE", done.stderr.splitlines()[-1])

    def test_an_update_that_is_refused_says_why(self):
        self.succeeds(self.up())
        said = "An error occurred (ValidationError) when calling the CreateChangeSet operation: a database of 1 GiB has connections for 20"
        self.cloud(fails={"cloudformation deploy": said})
        done = self.up("--parameter", "MaxInstances=25")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("is CREATE_COMPLETE, and it is not known whether this update reached it: An error occurred (ValidationError)", done.stderr)
        self.assertIn("a database of 1 GiB has connections for 20; mend that", done.stderr)

    def test_a_wait_that_ends_too_early_goes_on(self):
        """The CLI waits for an hour."""
        said = "Failed to create/update the stack. Run the following command\nto fetch\naws cloudformation describe-stack-events --stack-name tenfold"
        self.succeeds(self.up())
        self.cloud(fails={"cloudformation deploy": [said]}, steps=["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
        done = self.up()
        self.succeeds(done)
        self.assertIn("is UPDATE_IN_PROGRESS; waiting", done.stderr)

    def test_an_earlier_run_that_was_stopped_is_waited_for(self):
        self.succeeds(self.up())
        self.cloud(steps=["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"], changes=False)
        done = self.up()
        self.succeeds(done)
        self.assertEqual(done.stderr.count("is CREATE_IN_PROGRESS; waiting"), 1)

    def test_a_change_set_that_was_never_executed_is_no_stack(self):
        self.cloud(stack="REVIEW_IN_PROGRESS")
        self.succeeds(self.up())

    def test_states_that_need_somebody(self):
        for state, mend in (("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"), ("UPDATE_FAILED", "rollback-stack"),
                            ("DELETE_FAILED", "bin/aws down --stack tenfold"), ("CREATE_FAILED", "bin/aws down --stack tenfold")):
            with self.subTest(state=state):
                self.cloud(stack=state)
                self.refuses(self.up(), state, mend)


class Watching(Operating):
    def test_the_status(self):
        events = [{"LogicalResourceId": "Broker", "ResourceStatus": "UPDATE_FAILED", "ResourceStatusReason": "no such type"}]
        self.cloud(stack="UPDATE_ROLLBACK_COMPLETE", events=events)
        done = self.run_it("status")
        self.succeeds(done)
        self.assertEqual(done.stdout, """\
stack:                tenfold, UPDATE_ROLLBACK_COMPLETE
last failures:
  2026-01-01T00:00:00Z  Broker: no such type
login server:         i-login, healthy
application servers:  2
database:             db-1, available
address:              login.example port 8888
""")

    def test_what_may_not_be_asked_is_said(self):
        denied = "An error occurred (UnauthorizedOperation) when calling the DescribeInstances operation: no"
        self.cloud(stack="CREATE_COMPLETE", login=[], fails={"ec2 describe-instances": denied, "rds describe-db-instances": denied})
        done = self.run_it("status")
        self.succeeds(done)
        for line in ("login server:         none", f"application servers:  not known ({denied})", f"database:             db-1, not known ({denied})"):
            self.assertIn(line, done.stdout.splitlines())

    def test_no_stack(self):
        for word in ("status", "dashboard"):
            self.refuses(self.run_it(word), "there is no stack tenfold in eu-central-1", "bin/aws up")

    def test_the_logs(self):
        done = self.run_it("logs", "--since", "2d")
        self.succeeds(done)
        self.assertEqual(done.stdout, "login | 2026-01-01T00:00:00 a line of /tenfold/tenfold/login\n"
                                      "app   | 2026-01-01T00:00:00 a line of /tenfold/tenfold/app\n")
        self.assertEqual(cloud.option(self.call("logs tail"), "--since"), ["2d"])

    def test_logs_that_are_not_there(self):
        self.cloud(no_logs=["/tenfold/tenfold/app"])
        done = self.run_it("logs")
        self.assertEqual((done.returncode, done.stdout), (2, "login | 2026-01-01T00:00:00 a line of /tenfold/tenfold/login\n"))
        self.assertIn("there is no log /tenfold/tenfold/app in eu-central-1", done.stderr)
        self.cloud(no_logs=[], fails={"logs tail": "An error occurred (AccessDeniedException) when calling the FilterLogEvents operation: no"})
        self.assertIn("the log /tenfold/tenfold/login cannot be read: An error occurred (AccessDenied", self.run_it("logs", "--follow").stderr)

    def test_the_logs_are_those_of_the_template(self):
        groups = template.resources(template.read(), "AWS::Logs::LogGroup")
        self.assertEqual(sorted(group["LogGroupName"]["Fn::Sub"] for group in groups.values()),
                         ["/tenfold/${AWS::StackName}/app", "/tenfold/${AWS::StackName}/login"])

    def test_following_leaves_nobody_behind(self):
        """Ctrl-C tells all processes of a terminal; a signal to one program tells that one."""
        for tell in (lambda pid: os.killpg(pid, signal.SIGINT), lambda pid: os.kill(pid, signal.SIGTERM)):
            self.follow_until(tell)

    def follow_until(self, tell):
        running = subprocess.Popen([self.project / "bin/aws", "logs", "--follow"], env=self.environment(), stdout=subprocess.PIPE, text=True,
                                   start_new_session=True)
        lines = {running.stdout.readline() for _ in range(2)}
        self.assertEqual({line[:7] for line in lines}, {"login |", "app   |"})
        until = time.monotonic() + 120
        while len(followers := list(self.folder.glob("following-*"))) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        tell(running.pid)
        running.wait(timeout=120)
        running.stdout.close()
        until = time.monotonic() + 30
        while (left := [path for path in followers if Path(f"/proc/{path.name.split('-')[1]}").exists()]) and time.monotonic() < until:
            time.sleep(0.05)
        for path in left:
            os.kill(int(path.name.split("-")[1]), signal.SIGKILL)
        for path in followers:
            path.unlink()
        self.assertEqual((len(followers), left), (2, []))

    def test_the_dashboard(self):
        self.program("dashboard", 'echo "$*"; env | grep -E "^(TENFOLD_|AWS_REGION)" | sort', self.project / "bin")
        self.cloud(stack="CREATE_COMPLETE", parameters={"Seats": "12"})
        done = self.run_it("dashboard")
        self.succeeds(done)
        self.assertEqual(done.stdout.splitlines(), [
            "put", "AWS_REGION=eu-central-1", "TENFOLD_ALARM_TOPIC=" + cloud.OUTPUTS["AlarmTopicArn"], "TENFOLD_ENVIRONMENT=production",
            "TENFOLD_FLEET_NAME=tenfold", "TENFOLD_SEATS=12",
            "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/tenfold-tenfold-production"])


class Down(Operating):
    def setUp(self):
        super().setUp()
        self.cloud(stack="CREATE_COMPLETE", buckets=[BUCKET], alarms=["tenfold-tenfold-production-no-heartbeat", "tenfold-tenfold-production-of-mine"],
                   secrets=[("master key", "tenfold"), ("token key", "tenfold"), ("other", "tenfold2")],
                   snapshots=[("tenfold-snapshot", "tenfold"), ("other", "tenfold2")], groups=["/tenfold/tenfold/login"])

    def test_the_order(self):
        """Whoever launches, then the machines (also the last one launched), then the stack; nothing of another stack."""
        self.cloud(late=["i-late"])
        self.succeeds(self.run_it("down", "--yes"))
        order = [" ".join(words[:2]) for words, _ in self.aws.calls]
        self.assertEqual(self.made(), [
            "autoscaling update-auto-scaling-group", "ec2 terminate-instances", "ec2 terminate-instances", "cloudwatch delete-alarms",
            "cloudwatch delete-dashboards", "cloudformation delete-stack"])
        self.assertLess(order.index("autoscaling describe-auto-scaling-groups"), order.index("ec2 terminate-instances"))
        terminated = [cloud.option(words, "--instance-ids") for words, _ in self.aws.calls if words[1] in ("terminate-instances", "wait")]
        self.assertEqual(terminated, [["i-app1", "i-app2"], ["i-app1", "i-app2"], ["i-late"], ["i-late"]])
        self.assertEqual(self.cloud()["alarms"], ["tenfold-tenfold-production-of-mine"])
        self.assertEqual(cloud.option(self.call("autoscaling update-auto-scaling-group"), "--max-size"), ["0"])

    def test_what_is_left(self):
        done = self.run_it("down", "--yes")
        self.succeeds(done)
        secret = cloud.ARN.format("secretsmanager", "secret:{} key")
        self.assertEqual(done.stdout, "".join(
            f"{what}\n    {cost} a month; to remove it: {command}\n" for what, cost, command in (
                *((f"secret {secret.format(name)} (The {name} key)", "about $0.40",
                   f"aws secretsmanager delete-secret --secret-id {secret.format(name)} --force-delete-without-recovery --region eu-central-1")
                  for name in ("master", "token")),
                ("snapshot tenfold-snapshot, of a disk of 20 GiB", "at most about $1.90",
                 "aws rds delete-db-snapshot --db-snapshot-identifier tenfold-snapshot --region eu-central-1"),
                ("log group /tenfold/tenfold/login", "about $0.03",
                 "aws logs delete-log-group --log-group-name /tenfold/tenfold/login --region eu-central-1"),
                (f"bucket {BUCKET}, with the releases of every stack in eu-central-1", "about $0.05", f"aws s3 rb s3://{BUCKET} --force --region eu-central-1"),
            )))
        self.assertIn("without the snapshot and the master key the data is gone for good", done.stderr)

    def test_what_removes_it_are_calls_that_there_are(self):
        done = self.run_it("down", "--yes")
        for command in re.findall(r"to remove it: aws (.*) --region \S+$", done.stdout, re.MULTILINE):
            words = command.replace(" key ", "-key ").split()
            if words[0] != "s3":
                self.assertEqual(faults_of(words, None), [])

    def test_repeated(self):
        first = self.run_it("down", "--yes")
        self.forget_the_calls()
        again = self.run_it("down")
        self.succeeds(again)
        self.assertEqual((again.stdout, self.made()), (first.stdout, []))
        self.assertIn("there is no stack tenfold in eu-central-1", again.stderr)

    def test_repeated_after_a_failure_in_the_middle(self):
        start = self.cloud()
        for failing in ("autoscaling update-auto-scaling-group", "autoscaling describe-auto-scaling-groups", "ec2 terminate-instances",
                        "ec2 wait", "cloudwatch delete-alarms", "cloudformation delete-stack", "secretsmanager list-secrets"):
            with self.subTest(failing=failing):
                self.cloud(**{**start, "fails": {failing: ["Connection was closed"]}})
                done = self.run_it("down", "--yes")
                self.assertEqual(done.returncode, 2)
                self.assertIn("Connection was closed", done.stderr)
                self.succeeds(self.run_it("down", "--yes"))
                self.assertEqual((self.cloud()["stack"], self.cloud()["fleet"]), (None, []))

    def test_nothing_is_done_without_a_yes(self):
        for answer in ("", "y\n"):
            done = self.run_it("down", input=answer)
            self.assertEqual((done.returncode, self.made()), (2, []))
            self.assertIn("ends 2 application servers and deletes the stack tenfold in eu-central-1 (a snapshot of the data stays", done.stderr)
        self.cloud(parameters={"DatabaseOnDelete": "Delete"})
        self.assertIn("the data is deleted, too", self.run_it("down").stderr)
        self.succeeds(self.run_it("down", input="yes\n"))

    def test_nothing_left(self):
        self.cloud(buckets=[], secrets=[], snapshots=[], groups=[])
        done = self.run_it("down", "--yes")
        self.assertEqual((done.returncode, done.stdout, done.stderr.splitlines()[-1]), (0, "", "tenfold: nothing is left"))

    def test_a_stack_that_cannot_be_deleted_says_why(self):
        events = [{"LogicalResourceId": "Vpc", "ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": "has dependencies"}]
        self.cloud(events=events, undeletable=True)
        done = self.run_it("down", "--yes")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("Vpc: has dependencies\n", done.stderr)
        self.assertIn("is DELETE_FAILED: remove what stands above", done.stderr)
        self.cloud(undeletable=False)
        self.succeeds(self.run_it("down", "--yes"))

    def test_a_stack_that_is_being_made_is_waited_for(self):
        """Or CloudFormation would launch login servers again."""
        self.cloud(steps=["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
        done = self.run_it("down", "--yes")
        self.succeeds(done)
        self.assertIn("is UPDATE_IN_PROGRESS; waiting", done.stderr)

    def test_half_a_stack(self):
        """One that could not be made may have no login servers yet."""
        self.cloud(stack="CREATE_FAILED", login=[], fleet=[])
        self.succeeds(self.run_it("down", "--yes"))

    def test_every_key_can_be_found_by_its_tag(self):
        for name in ("MasterKey", "TokenKey"):
            self.assertIn({"Key": "tenfold:stack", "Value": {"Ref": "AWS::StackName"}},
                          template.read()["Resources"][name]["Properties"]["Tags"])

    def test_the_alarms_are_those_of_the_catalogue(self):
        alarms = json.loads((ROOT / "dashboards/alarms.json").read_text())["alarms"]
        self.run_it("down", "--yes")
        names = [alarm["AlarmName"].replace("{{fleet}}", "tenfold").replace("{{environment}}", "production") for alarm in alarms]
        self.assertEqual(cloud.option(self.call("cloudwatch describe-alarms"), "--alarm-names"), names)


class TheGuide(Operating):
    """deploy/README.md."""

    def test_its_commands_do_what_it_says(self):
        self.program("curl", "echo 203.0.113.7")
        self.program("release", f'echo "{self.release}"', self.project / "bin")
        (self.tools / "uname").unlink()
        self.program("uname", "echo x86_64")
        blocks = [block for block in re.findall(r"(?ms)^```sh\n(.*?)^```$", keys.GUIDE.read_text()) if "bin/aws" in block]
        for block in blocks:
            done = subprocess.run(["bash", "-euc", block], env=self.environment(), input="yes\n", cwd=self.project, capture_output=True,
                                  text=True, timeout=300)
            self.succeeds(done)
        self.assertEqual(len(blocks), 3)
        parameters = self.cloud()["parameters"]
        self.assertEqual([parameters[name] for name in ("ClientCidr", "AlarmEmail", "MaxInstances")],
                         ["203.0.113.7/32", "you@example.org", "20"])
        self.assertIsNone(self.cloud()["stack"])

    def test_names_words_and_options_that_there_are(self):
        known = set(re.findall(r"--[a-z-]+", self.run_it("--help").stdout))
        for command in re.findall(r"`(bin/aws [^`]*)`", keys.GUIDE.read_text()):
            self.assertIn(command.split()[1], ("up", "status", "logs", "dashboard", "down", "--help"))
            self.assertEqual(set(re.findall(r"--[a-z-]+", command)) - known, set())

    def test_has_the_prices_that_down_names(self):
        down = (ROOT / "deploy/operate/down.sh").read_text()
        prices = re.search(r"(?m)^secret_price=(\S+) snapshot_price=(\S+) bucket_price=(\S+) log_price=(\S+)$", down).groups()
        self.assertEqual([price for price in prices if f"| ${price} " not in keys.GUIDE.read_text()], [])


class TheRights(unittest.TestCase):
    NAMES = re.findall(r"\b[a-z0-9]+:[A-Z]\w+", (ROOT / "deploy/operate/checks.sh").read_text())
    # As CloudFormation and IAM call a service.
    SERVICES = {"AmazonMQ": "mq", "ElasticLoadBalancingV2": "elasticloadbalancing"}

    def test_are_rights_that_there_are(self):
        data = json.loads((Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text())
        known = {f"{service}:{action}" for service, of_it in data.items() for action in of_it["Actions"]}
        self.assertEqual([name for name in self.NAMES if name.lower() not in known], [])

    def test_cover_every_service_of_the_template(self):
        kinds = {resource["Type"].split("::")[1] for resource in template.read()["Resources"].values()}
        named = {name.split(":")[0] for name in self.NAMES}
        self.assertEqual({kind for kind in kinds if self.SERVICES.get(kind, kind.lower()) not in named}, set())


if __name__ == "__main__":
    unittest.main()
