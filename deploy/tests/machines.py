"""How machines, disks, logs and secrets are kept. Each rule takes a template and gives one sentence for each fault."""

import re

from template import resources, walk

# These take no tags.
WITHOUT_TAGS = {
    "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::LaunchTemplate", "AWS::EC2::Route", "AWS::EC2::SecurityGroupIngress",
    "AWS::EC2::SubnetRouteTableAssociation", "AWS::EC2::VPCGatewayAttachment", "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::IAM::InstanceProfile", "AWS::SNS::Subscription",
}
SECRET_WORDS = re.compile(r"password|secret|token|credential|private", re.IGNORECASE)


def launches(template):
    found = resources(template, "AWS::EC2::LaunchTemplate")
    return {name: properties["LaunchTemplateData"] for name, properties in found.items()}


def user_data_of_the_login_server(template):
    return " ".join(value for value in walk(launches(template)["LoginTemplate"]["UserData"]) if isinstance(value, str))


def keys_of(tags):
    return {tag["Key"]: tag["Value"] for tag in tags or []}


def metadata_wants_a_session(template):
    """A program tricked into fetching an address cannot fetch the role's credentials, nor can what is a hop away."""
    faults = []
    for name, data in launches(template).items():
        options = data.get("MetadataOptions", {})
        if options.get("HttpTokens") != "required" or options.get("HttpPutResponseHopLimit") != 1:
            faults.append(f"{name}: {options}")
    return faults


def nobody_logs_in_to_a_machine(template):
    return [f"{name} has a key pair" for name, data in launches(template).items() if "KeyName" in data]


def disks_are_encrypted(template):
    faults = []
    for name, data in launches(template).items():
        disks = data.get("BlockDeviceMappings", [])
        if not disks or not all(disk["Ebs"].get("Encrypted") is True for disk in disks):
            faults.append(f"{name} has a disk in the clear")
    for name, properties in resources(template, "AWS::RDS::DBInstance").items():
        if properties.get("StorageEncrypted") is not True:
            faults.append(f"{name} is in the clear")
    for name, properties in resources(template, "AWS::AmazonMQ::Broker").items():
        if "EncryptionOptions" not in properties:
            faults.append(f"{name} is in the clear")
    return faults


def only_application_servers_are_the_fleets(template):
    """The login server may end what has the fleet's tag, and would, for it is nobody's: so it must not have that itself."""
    faults = []
    for specification in launches(template)["AppTemplate"]["TagSpecifications"]:
        tags = keys_of(specification["Tags"])
        if tags.get("tenfold:fleet") != {"Ref": "AWS::StackName"} or tags.get("tenfold:environment") != {"Ref": "Environment"}:
            faults.append(f"the fleet's {specification['ResourceType']} is not tagged as such")
    for name, resource in template["Resources"].items():
        inside = [value for value in walk(resource) if isinstance(value, dict) and value.get("Key") == "tenfold:fleet"]
        if inside and name != "AppTemplate":
            faults.append(f"{name} has the fleet's tag")
    return faults


def everything_is_tagged(template):
    faults = []
    for name, resource in template["Resources"].items():
        if resource["Type"] in WITHOUT_TAGS:
            continue
        tags = keys_of(resource["Properties"].get("Tags"))
        if tags.get("tenfold:stack") != {"Ref": "AWS::StackName"} or "tenfold:environment" not in tags:
            faults.append(f"{name} has no tags")
    for tag in resources(template, "AWS::AutoScaling::AutoScalingGroup")["LoginServers"]["Tags"]:
        if not tag.get("PropagateAtLaunch"):
            faults.append("the login server is not tagged")
    return faults


def logs_end(template):
    return [name for name, properties in resources(template, "AWS::Logs::LogGroup").items() if not properties.get("RetentionInDays")]


def data_outlives_a_mistake(template):
    """What becomes of the data is asked for, and by default there is a copy. Its keys are in keys.py."""
    found, faults = template["Resources"], []
    for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
        if found["Database"].get(policy) != {"Ref": "DatabaseOnDelete"}:
            faults.append(f"{policy} of the database is not the one asked for")
    if template["Parameters"]["DatabaseOnDelete"]["Default"] != "Snapshot":
        faults.append("the data is lost by default")
    return faults


def a_login_server_is_there_before_one_goes(template):
    """In an update by CloudFormation's policy, else by the group's own, which must allow what the group's sizes allow and no less."""
    group = template["Resources"]["LoginServers"]
    rolling = group["UpdatePolicy"]["AutoScalingRollingUpdate"]
    sizes = {name: int(group["Properties"][name]) for name in ("MinSize", "DesiredCapacity", "MaxSize")}
    maintenance = group["Properties"].get("InstanceMaintenancePolicy")
    faults = []
    if rolling["MinInstancesInService"] < sizes["DesiredCapacity"] or not rolling["WaitOnResourceSignals"]:
        faults.append("an update ends the login server before another one serves")
    if sizes["MaxSize"] < sizes["DesiredCapacity"] + rolling["MaxBatchSize"]:
        faults.append("an update has no room for another login server")
    wanted = {"MinHealthyPercentage": 100 * rolling["MinInstancesInService"] // sizes["DesiredCapacity"],
              "MaxHealthyPercentage": 100 * sizes["MaxSize"] // sizes["DesiredCapacity"]}
    if maintenance != wanted:
        faults.append(f"a replacement goes by {maintenance}, an update by {wanted}")
    return faults


def the_database_is_known_by_its_certificate(template):
    """RDS takes connections with TLS alone, and servers take RDS alone for it."""
    faults = []
    if template["Parameters"]["DatabaseForceTls"]["Default"] != "1":
        faults.append("the database speaks with whom does not encrypt")
    if template["Resources"]["DatabaseParameters"]["Properties"]["Parameters"].get("rds.force_ssl") != {"Ref": "DatabaseForceTls"}:
        faults.append("the database does not hear of DatabaseForceTls")
    user_data = user_data_of_the_login_server(template)
    if not re.search(r'postgres://[^"\s]*\?\$tls"', user_data) or 'tls="sslmode=verify-full&sslrootcert=$DATABASE_CA"' not in user_data:
        faults.append("the login server does not verify the database's certificate")
    place = re.search(r"(?m)^DATABASE_CA=(\S+)$", user_data)
    if not place or f'--output {place[1]} "$database_ca"' not in user_data.replace("\\\n", "").replace("    ", ""):
        faults.append("nobody fetches what the database's certificate is verified with")
    return faults


def the_journal_goes_to_the_console(template):
    """What is to be had of a machine that is gone is its console alone."""
    user_data = user_data_of_the_login_server(template)
    faults = [f"no {line}" for line in ("ForwardToConsole=yes", "TTYPath=/dev/ttyS0", "MaxLevelConsole=info")
              if not re.search(f"(?m)^{line}$", user_data)]
    if "systemctl restart systemd-journald" not in user_data:
        faults.append("the journal's settings wait for another boot")
    if not re.search("(?m)^ExecStopPost=", user_data):
        faults.append("a login server that fails leaves nothing in the journal")
    return faults


def passwords_are_made_by_aws(template):
    """No password is written here: each is looked up in a secret that was made by AWS when it is needed."""
    faults = []
    looked_up = re.compile(r"^\{\{resolve:secretsmanager:\$\{(\w+)\}:SecretString\}\}$")
    secrets = resources(template, "AWS::SecretsManager::Secret")
    for name, resource in template["Resources"].items():
        for value in walk(resource):
            for key in ("MasterUserPassword", "Password") if isinstance(value, dict) else ():
                match = looked_up.match(str(value.get(key, {}).get("Fn::Sub") if isinstance(value.get(key), dict) else value.get(key)))
                if key in value and (not match or match[1] not in secrets):
                    faults.append(f"{name}: a password that is no secret's")
    for name, properties in secrets.items():
        if "SecretString" in properties or "GenerateSecretString" not in properties:
            faults.append(f"{name} is known to this template")
    return faults


def parameters_hide_secrets(template):
    named = {name for name in template["Parameters"] if SECRET_WORDS.search(name)}
    return [f"everybody can read the parameter {name}" for name in named if template["Parameters"][name].get("NoEcho") is not True]


def secrets_stay_where_they_are(template):
    """Only the two who are given a password see it: user data, outputs and tags name secrets at most."""
    faults = []
    for name, resource in {**template["Resources"], **template.get("Outputs", {})}.items():
        for value in walk(resource):
            if isinstance(value, str) and "{{resolve:" in value and name not in ("Database", "Broker"):
                faults.append(f"{name} shows a secret")
    if "UserData" in launches(template)["AppTemplate"]:
        faults.append("the template of application servers has user data, which is the login server's to give")
    user_data = user_data_of_the_login_server(template)
    if re.search(r"(?im)^\s*\w*(password|token|secret|key)\w*\s*=\s*['\"]?[\w$]{6,}\s*$", user_data):
        faults.append("user data sets a secret")
    return faults


RULES = [
    metadata_wants_a_session,
    nobody_logs_in_to_a_machine,
    disks_are_encrypted,
    only_application_servers_are_the_fleets,
    everything_is_tagged,
    logs_end,
    data_outlives_a_mistake,
    a_login_server_is_there_before_one_goes,
    the_database_is_known_by_its_certificate,
    the_journal_goes_to_the_console,
    passwords_are_made_by_aws,
    parameters_hide_secrets,
    secrets_stay_where_they_are,
]
