"""What the servers may do in AWS. Each rule takes a template and gives one sentence for each fault."""

from template import as_list, resources

FLEET = {"Ref": "AWS::StackName"}
# What the agent of Systems Manager needs; and what that policy allows besides, of all parameters of the account.
AGENT = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"}
PARAMETERS = {"ssm:GetParameter", "ssm:GetParameters"}
# It knows no resources, and is given without a condition.
STAR_ACTIONS = {"ec2:DescribeInstances"}


def statements(template, effect="Allow"):
    """Role, statement: of all roles."""
    for role, properties in resources(template, "AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == effect:
                    yield role, statement


def allowing(template, action):
    return [(role, s) for role, s in statements(template) if action in as_list(s.get("Action", []))]


def required(statement, operator, key):
    return statement.get("Condition", {}).get(operator, {}).get(key)


def text(resource):
    """A resource's name as text: the pattern of !Sub, or what is there."""
    return str(resource.get("Fn::Sub", resource)) if isinstance(resource, dict) else str(resource)


def rights_stand_in_the_two_roles_alone(template):
    faults = [f"{role} is a role too many" for role in set(resources(template, "AWS::IAM::Role")) - {"AppRole", "LoginRole"}]
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::RolePolicy", "AWS::IAM::AccessKey"):
        faults += [f"{name}: a {kind}" for name in resources(template, kind)]
    for role, properties in resources(template, "AWS::IAM::Role").items():
        if any(policy != AGENT for policy in properties.get("ManagedPolicyArns", [])):
            faults.append(f"{role} has policies that nobody here has read")
        for trust in properties["AssumeRolePolicyDocument"]["Statement"]:
            if trust["Principal"] != {"Service": "ec2.amazonaws.com"}:
                faults.append(f"{role} may be taken by somebody else than a machine")
    return faults


def each_machine_can_be_looked_into(template):
    """By Session Manager, which needs neither a port nor a key pair; without the parameters that its policy would open."""
    faults = []
    for role, properties in resources(template, "AWS::IAM::Role").items():
        if AGENT not in properties.get("ManagedPolicyArns", []):
            faults.append(f"nobody gets a shell on a machine of {role}")
        denied = [s for of, s in statements(template, "Deny") if of == role and s["Resource"] == "*" and "Condition" not in s]
        if not PARAMETERS <= {action for statement in denied for action in as_list(statement["Action"])}:
            faults.append(f"{role} reads the account's parameters")
    return faults


def every_action_is_named(template):
    faults = []
    for role, statement in statements(template):
        if "NotAction" in statement or "NotResource" in statement:
            faults.append(f"{role}: {statement.get('Sid')} allows what it does not name")
        faults += [f"{role} may {action}" for action in as_list(statement.get("Action", [])) if "*" in action]
    return faults


def all_resources_only_where_aws_knows_no_others(template):
    faults = []
    for role, statement in statements(template):
        is_star = any(text(resource) == "*" for resource in as_list(statement.get("Resource", [])))
        if is_star and not statement.get("Condition") and not set(as_list(statement["Action"])) <= STAR_ACTIONS:
            faults.append(f"{role}: {statement['Action']} on everything, without a condition")
    return faults


def launches_only_what_is_tagged(template):
    faults = []
    for role, statement in allowing(template, "ec2:RunInstances"):
        if not required(statement, "ArnEquals", "ec2:LaunchTemplate"):
            faults.append(f"{role}: {statement.get('Sid')} launches without the launch template")
        names = [text(resource) for resource in as_list(statement["Resource"])]
        if not any(name.endswith((":instance/*", ":*", "*/*")) or name == "*" for name in names):
            continue
        if required(statement, "StringEquals", "aws:RequestTag/tenfold:fleet") != FLEET:
            faults.append(f"{role} launches instances without the fleet's tag")
        if required(statement, "StringEquals", "aws:RequestTag/tenfold:environment") != {"Ref": "Environment"}:
            faults.append(f"{role} launches instances without the environment's tag")
        if required(statement, "Null", "aws:RequestTag/tenfold:instance") != "false":
            faults.append(f"{role} launches instances without the request's id")
        if required(statement, "StringEquals", "ec2:MetadataHttpTokens") != "required":
            faults.append(f"{role} launches instances with the old metadata service")
        if required(statement, "ArnEquals", "ec2:InstanceProfile") != {"Fn::GetAtt": ["AppProfile", "Arn"]}:
            faults.append(f"{role} launches instances with another role")
        if required(statement, "StringEquals", "ec2:InstanceType") != {"Ref": "AppInstanceTypes"}:
            faults.append(f"{role} launches machines of any price")
    return faults


def launches_only_into_own_subnets_and_group(template):
    faults = []
    for role, statement in allowing(template, "ec2:RunInstances"):
        for name in (text(resource) for resource in as_list(statement["Resource"])):
            named = name.rsplit(":", 1)[-1] if not name.endswith("}") else name
            if named in ("subnet/*", "security-group/*", "launch-template/*", "key-pair/*"):
                faults.append(f"{role} launches with any {named}")
    return faults


def launches_the_image_of_the_template(template):
    """Of whichever version: a policy that names the newest image would stop the old login server's launches during an update."""
    faults = []
    any_image = "arn:${AWS::Partition}:ec2:${AWS::Region}::image/*"
    seen = [(s, text(r)) for _, s in allowing(template, "ec2:RunInstances") for r in as_list(s["Resource"]) if "image/" in text(r)]
    for statement, name in seen:
        if name != any_image:
            faults.append(f"{name} is one image, and the next version of the template has another")
        if required(statement, "Bool", "ec2:IsLaunchTemplateResource") != "true":
            faults.append(f"{statement['Sid']} launches images that are not the template's")
    return faults if seen else ["no image may be launched"]


def tags_only_at_launch(template):
    faults = []
    for role, statement in allowing(template, "ec2:CreateTags"):
        if required(statement, "StringEquals", "ec2:CreateAction") != "RunInstances":
            faults.append(f"{role} may tag what runs already")
        if required(statement, "StringEquals", "aws:RequestTag/tenfold:fleet") != FLEET:
            faults.append(f"{role} may give tags of another fleet")
    return faults


def ends_only_its_own(template):
    """And reads no other machine's console."""
    return [
        f"{role} may {action} of others"
        for action in ("ec2:TerminateInstances", "ec2:GetConsoleOutput")
        for role, statement in allowing(template, action)
        if required(statement, "StringEquals", "aws:ResourceTag/tenfold:fleet") != FLEET
    ]


def passes_one_role_to_machines_only(template):
    faults = []
    for role, statement in allowing(template, "iam:PassRole"):
        if as_list(statement["Resource"]) != [{"Fn::GetAtt": ["AppRole", "Arn"]}]:
            faults.append(f"{role} may pass another role than AppRole")
        if required(statement, "StringEquals", "iam:PassedToService") != "ec2.amazonaws.com":
            faults.append(f"{role} may pass it to other services")
    return faults


def publishes_in_one_namespace(template):
    return [
        f"{role} may write metrics that are not ours"
        for role, statement in allowing(template, "cloudwatch:PutMetricData")
        if required(statement, "StringEquals", "cloudwatch:namespace") != "Tenfold"
    ]


def reads_its_own_secrets_only(template):
    own = set(resources(template, "AWS::SecretsManager::Secret"))
    faults = []
    for role, statement in allowing(template, "secretsmanager:GetSecretValue"):
        for resource in as_list(statement["Resource"]):
            wanted = resource["Fn::If"][1] if isinstance(resource, dict) and "Fn::If" in resource else resource
            if not isinstance(wanted, dict) or wanted.get("Ref") not in own:
                faults.append(f"{role} reads {wanted}")
    return faults


def the_login_server_may_do_these_things_alone(template):
    known = {
        *STAR_ACTIONS, "ec2:RunInstances", "ec2:CreateTags", "ec2:TerminateInstances", "ec2:GetConsoleOutput", "iam:PassRole",
        "cloudwatch:PutMetricData", "secretsmanager:GetSecretValue", "s3:GetObject", "logs:CreateLogStream", "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    }
    may = {action for role, s in statements(template) if role == "LoginRole" for action in as_list(s.get("Action", []))}
    faults = [f"LoginRole may {action}, which no rule looks at" for action in sorted(may - known)]
    return faults + [f"LoginRole may not {action}, which it needs" for action in sorted(known - may)]


def application_servers_write_logs_and_nothing_else(template):
    faults = []
    for role, statement in statements(template):
        if role == "AppRole":
            faults += [f"AppRole may {action}" for action in as_list(statement.get("Action", [])) if not action.startswith("logs:")]
            if as_list(statement.get("Resource")) != [{"Fn::GetAtt": ["AppLog", "Arn"]}]:
                faults.append("AppRole writes into other logs than its own")
    return faults


RULES = [
    rights_stand_in_the_two_roles_alone,
    each_machine_can_be_looked_into,
    every_action_is_named,
    all_resources_only_where_aws_knows_no_others,
    launches_only_what_is_tagged,
    launches_only_into_own_subnets_and_group,
    launches_the_image_of_the_template,
    tags_only_at_launch,
    ends_only_its_own,
    passes_one_role_to_machines_only,
    publishes_in_one_namespace,
    reads_its_own_secrets_only,
    the_login_server_may_do_these_things_alone,
    application_servers_write_logs_and_nothing_else,
]
