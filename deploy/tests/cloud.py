"""Stands for the AWS CLI and a small AWS behind it, as far as bin/aws asks for it. Answers have AWS's own shape, and `--query` is evaluated and
printed as the CLI does, so that a query that finds nothing is noticed. Each call is kept with its answer; test_operate.py holds both to
botocore's models. The program `aws` is a few lines of bash that ask this process, for Python would take longer to start than all the rest.

What there is is a dictionary. `fails` says which calls are refused, each with what AWS would say, once for each in its list, or always where it is a text;
`steps` are states that the stack passes, one each time that it is looked at."""

import copy
import socketserver
import threading

import jmespath

# Asks at the port $CLOUD: how many words, the words; and is answered with its status, what is printed, and what is said against it.
AWS = r'''#!/bin/bash
exec 3<>"/dev/tcp/127.0.0.1/$CLOUD"
printf '%s\0' "$#" "$@" >&3
read -r status printed <&3
[ "$printed" = 0 ] || head -c "$printed" <&3
cat <&3 >&2
exec 3<&-
case "$status $*" in
    '0 logs tail '*--follow) touch "$FOLLOWING-$$" && exec "$REAL_SLEEP" 300 ;;
esac
exit "$status"
'''
STACK = "arn:aws:cloudformation:eu-central-1:111122223333:stack/tenfold/0"
ARN = "arn:aws:{}:eu-central-1:111122223333:{}"
NEW = {
    "version": "aws-cli/2.27.1 Python/3.13 Linux/6.1 exe/x86_64",
    "caller": "arn:aws:iam::111122223333:user/operator",
    "fails": {},
    "steps": [],
    "undeletable": False,
    "stack": None,
    "result": "CREATE_COMPLETE",
    "changes": True,
    "parameters": {},
    "events": [],
    "roles": [],
    "denied": [],
    "quota": 64.0,
    "running": [],
    "image": "x86_64",
    "buckets": [],
    "objects": [],
    "login": ["i-login"],
    "fleet": ["i-app1", "i-app2"],
    "late": [],
    "alarms": [],
    "secrets": [],
    "snapshots": [],
    "groups": [],
}
TYPES = {"t3.micro": (2, ["x86_64"]), "t3a.micro": (2, ["x86_64"]), "t3.small": (2, ["x86_64"]), "t4g.micro": (2, ["arm64"]),
         "t4g.small": (2, ["arm64"]), "m7i.xlarge": (4, ["x86_64"]), "g5.xlarge": (4, ["x86_64"])}
PHYSICAL = {"LoginServers": "group-1", "LoginTargets": ARN.format("elasticloadbalancing", "targetgroup/t/1"), "Vpc": "vpc-1",
            "Database": "db-1"}
OUTPUTS = {"Host": "login.example", "Port": "8888", "Fleet": "tenfold", "EnvironmentName": "production",
           "AlarmTopicArn": ARN.format("sns", "topic")}


class Refused(Exception):
    pass


def option(words, name):
    """The values of an option, none where it is not given."""
    if name not in words:
        return []
    after = words[words.index(name) + 1:]
    return after[:next((at for at, word in enumerate(after) if word.startswith("--")), len(after))]


def refuse(code, operation, text):
    raise Refused(f"An error occurred ({code}) when calling the {operation} operation: {text}")


def stack_is_missing(operation):
    refuse("ValidationError", operation, "Stack with id tenfold does not exist")


def tags(**named):
    return [{"Key": f"tenfold:{name}", "Value": value} for name, value in named.items()]


def cloudformation_describe_stacks(cloud, words):
    if cloud["steps"]:
        cloud["stack"] = cloud["steps"].pop(0)
    if not cloud["stack"]:
        stack_is_missing("DescribeStacks")
    pairs = cloud["parameters"].items()
    stack = {"StackName": "tenfold", "CreationTime": "2026-01-01T00:00:00Z", "StackStatus": cloud["stack"],
             "Description": cloud.get("description", "Tenfold on AWS: one login server")}
    if cloud["stack"] != "REVIEW_IN_PROGRESS":
        stack["Parameters"] = [{"ParameterKey": key, "ParameterValue": value} for key, value in pairs]
    if "COMPLETE" in cloud["stack"] and not cloud["stack"].startswith("ROLLBACK"):
        stack["Outputs"] = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
    return {"Stacks": [stack]}


def cloudformation_describe_stack_resources(cloud, words):
    name = option(words, "--logical-resource-id")[0]
    if not cloud["stack"] or name not in PHYSICAL:
        refuse("ValidationError", "DescribeStackResources", f"Resource {name} does not exist for stack tenfold")
    return {"StackResources": [{"LogicalResourceId": name, "PhysicalResourceId": PHYSICAL[name], "ResourceType": "AWS::X::Y",
                                "Timestamp": "2026-01-01T00:00:00Z", "ResourceStatus": "CREATE_COMPLETE"}]}


def cloudformation_describe_stack_events(cloud, words):
    return {"StackEvents": [{"StackId": STACK, "EventId": str(at), "StackName": "tenfold", "Timestamp": "2026-01-01T00:00:00Z", **event}
                            for at, event in enumerate(cloud["events"])]}


def cloudformation_deploy(cloud, words):
    if not cloud["changes"]:
        return "\nNo changes to deploy. Stack tenfold is up to date\n"
    cloud["parameters"].update(word.split("=", 1) for word in option(words, "--parameter-overrides"))
    cloud["stack"] = cloud["result"]
    if "ROLLBACK" in cloud["stack"]:
        raise Refused("Failed to create/update the stack. Run the following command\nto fetch the list of events leading up to the "
                      "failure\naws cloudformation describe-stack-events --stack-name tenfold")
    return "Successfully created/updated stack - tenfold\n"


def cloudformation_delete_stack(cloud, words):
    if cloud["login"] or cloud["fleet"] or cloud["undeletable"]:
        cloud["stack"], cloud["steps"] = "CREATE_COMPLETE", ["CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED"]
    elif cloud["stack"]:
        cloud["stack"], cloud["steps"] = "DELETE_IN_PROGRESS", ["DELETE_IN_PROGRESS", None]


def sts_get_caller_identity(cloud, words):
    return {"UserId": "U", "Account": "111122223333", "Arn": cloud["caller"]}


def configure_get(cloud, words):
    if "region" not in cloud:
        raise Refused("")
    return cloud["region"]


def iam_simulate_principal_policy(cloud, words):
    return {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": "implicitDeny" if name in cloud["denied"] else "allowed"}
                                  for name in option(words, "--action-names")]}


def role(name):
    return {"Path": "/aws-reserved/x/", "RoleName": name, "RoleId": "R" * 16, "Arn": f"arn:aws:iam::111122223333:role/aws-reserved/x/{name}",
            "CreateDate": "2026-01-01T00:00:00Z"}


def iam_get_role(cloud, words):
    name = option(words, "--role-name")[0]
    if name not in cloud["roles"]:
        refuse("NoSuchEntity", "GetRole", f"The role with name {name} cannot be found.")
    return {"Role": role(name)}


def iam_create_service_linked_role(cloud, words):
    names = {"autoscaling": "AutoScaling", "elasticloadbalancing": "ElasticLoadBalancing", "rds": "RDS", "mq": "AmazonMQ"}
    name = "AWSServiceRoleFor" + names[option(words, "--aws-service-name")[0].removesuffix(".amazonaws.com")]
    cloud["roles"].append(name)
    return {"Role": role(name)}


def ec2_describe_instance_types(cloud, words):
    wanted = option(words, "--instance-types")
    if not set(wanted) <= set(TYPES):
        refuse("InvalidInstanceType", "DescribeInstanceTypes", f"The following supplied instance types do not exist: {wanted}")
    return {"InstanceTypes": [{"InstanceType": name, "VCpuInfo": {"DefaultVCpus": TYPES[name][0]},
                               "ProcessorInfo": {"SupportedArchitectures": TYPES[name][1]}} for name in wanted]}


def service_quotas_get_service_quota(cloud, words):
    return {"Quota": {"QuotaCode": "L-1216C47A", "Value": cloud["quota"]}}


def ssm_get_parameter(cloud, words):
    return {"Parameter": {"Name": option(words, "--name")[0], "Value": "ami-1"}}


def ec2_describe_images(cloud, words):
    return {"Images": [{"ImageId": "ami-1", "Architecture": cloud["image"]}]}


def ec2_describe_instances(cloud, words):
    filters = dict(word.removeprefix("Name=").split(",Values=") for word in option(words, "--filters"))
    if "tag:tenfold:fleet" in filters:
        ours = filters == {"tag:tenfold:fleet": "tenfold", "vpc-id": "vpc-1", "instance-state-name": filters["instance-state-name"]}
        instances = [{"InstanceId": name, "InstanceType": "t3.micro"} for name in cloud["fleet"] if ours]
    else:
        instances = [{"InstanceType": "t3.micro", "CpuOptions": {"CoreCount": cores, "ThreadsPerCore": 2}, **({"Tags": tag} if tag else {})}
                     for cores, tag in cloud["running"]]
    return {"Reservations": [{"Instances": instances}]} if instances else {"Reservations": []}


def ec2_terminate_instances(cloud, words):
    """What was launched a moment ago is in no list before."""
    cloud["fleet"], cloud["late"] = cloud["late"], []
    return {"TerminatingInstances": []}


def ec2_wait(cloud, words):
    return ""


def rds_describe_db_engine_versions(cloud, words):
    return {"DBEngineVersions": [{"Engine": "postgres", "EngineVersion": version} for version in ("16.1", "17.8", "17.9")]}


def mq_describe_broker_instance_options(cloud, words):
    return {"BrokerInstanceOptions": [{"HostInstanceType": "mq.t3.micro"}]}


def s3api_head_bucket(cloud, words):
    if option(words, "--bucket")[0] not in cloud["buckets"]:
        refuse("404", "HeadBucket", "Not Found")
    return {}


def s3api_create_bucket(cloud, words):
    cloud["buckets"] += option(words, "--bucket")
    return {"Location": "/"}


def s3api_head_object(cloud, words):
    if option(words, "--key")[0] not in cloud["objects"]:
        refuse("404", "HeadObject", "Not Found")
    return {"ContentLength": 1}


def s3_cp(cloud, words):
    cloud["objects"].append(words[3].rsplit("/", 1)[1])
    return ""


def s3_ls(cloud, words):
    return "2026-01-01 00:00:00 2147483648 tenfold-1.tar.gz\n\nTotal Objects: 1\n   Total Size: 2147483648\n"


def nothing(cloud, words):
    return None


s3api_put_public_access_block = s3api_put_bucket_encryption = cloudwatch_delete_dashboards = nothing


def autoscaling_update_auto_scaling_group(cloud, words):
    cloud["login"] = []


def autoscaling_describe_auto_scaling_groups(cloud, words):
    instances = [{"InstanceId": name, "AvailabilityZone": "z", "LifecycleState": "Terminating", "HealthStatus": "Healthy",
                  "ProtectedFromScaleIn": False} for name in cloud["login"]]
    return {"AutoScalingGroups": [{"AutoScalingGroupName": "group-1", "MinSize": 0, "MaxSize": 0, "DesiredCapacity": 0, "DefaultCooldown": 1,
                                   "AvailabilityZones": ["z"], "HealthCheckType": "ELB", "CreatedTime": "2026-01-01T00:00:00Z",
                                   "Instances": instances}]}


def elbv2_describe_target_health(cloud, words):
    return {"TargetHealthDescriptions": [{"Target": {"Id": name}, "TargetHealth": {"State": "healthy"}} for name in cloud["login"]]}


def rds_describe_db_instances(cloud, words):
    return {"DBInstances": [{"DBInstanceIdentifier": "db-1", "DBInstanceStatus": "available"}]}


def cloudwatch_describe_alarms(cloud, words):
    wanted = option(words, "--alarm-names")
    return {"MetricAlarms": [{"AlarmName": name} for name in cloud["alarms"] if name in wanted]}


def cloudwatch_delete_alarms(cloud, words):
    cloud["alarms"] = [name for name in cloud["alarms"] if name not in option(words, "--alarm-names")]


def secretsmanager_list_secrets(cloud, words):
    return {"SecretList": [{"ARN": ARN.format("secretsmanager", f"secret:{name}"), "Name": name, "Description": f"The {name}",
                            "Tags": tags(stack=stack)} for name, stack in cloud["secrets"]]}


def rds_describe_db_snapshots(cloud, words):
    return {"DBSnapshots": [{"DBSnapshotIdentifier": name, "AllocatedStorage": 20, "TagList": tags(stack=stack)}
                            for name, stack in cloud["snapshots"]]}


def logs_describe_log_groups(cloud, words):
    return {"logGroups": [{"logGroupName": name, "storedBytes": 1073741824} for name in cloud["groups"]]}


def logs_tail(cloud, words):
    if words[2] in cloud.get("no_logs", []):
        refuse("ResourceNotFoundException", "FilterLogEvents", "The specified log group does not exist.")
    return f"2026-01-01T00:00:00 a line of {words[2]}\n"


def text(value):
    """As `--output text` has it."""
    if value is None:
        return "None\n"
    if not isinstance(value, list):
        return f"{value}\n"
    if any(isinstance(item, list) for item in value):
        return "".join(text(item) for item in value)
    return "\t".join("None" if item is None else str(item) for item in value) + "\n" if value else ""


class Cloud:
    """What there is (`now`), and what was asked with what was answered (`calls`)."""

    def __init__(self):
        self.now, self.calls = copy.deepcopy(NEW), []
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def handler(cloud):
        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                words = [self.word() for _ in range(int(self.word()))]
                status, printed, said = cloud.answer(words)
                self.wfile.write(f"{status} {len(printed.encode())}\n{printed}{said}".encode())

            def word(self):
                found = bytearray()
                while (byte := self.rfile.read(1)) not in (b"\0", b""):
                    found += byte
                return found.decode()

        return Handler

    def answer(self, words):
        """Status, standard output and standard error."""
        if words == ["--version"]:
            return 0, self.now["version"] + "\n", ""
        key, found = " ".join(words[:2]), None
        try:
            fails = self.now["fails"].get(key)
            if fails:
                raise Refused(fails if isinstance(fails, str) else fails.pop(0))
            # What it does not know it has no answer to, and a test fails.
            found = globals()[key.replace(" ", "_").replace("-", "_")](self.now, words)
        except Refused as refused:
            self.calls.append((words, None))
            return 254, "", f"\n{refused}\n"
        self.calls.append((words, found))
        if isinstance(found, dict):
            query = option(words, "--query")
            found = text(jmespath.search(query[0], found)) if query else ""
        return 0, found or "", ""
