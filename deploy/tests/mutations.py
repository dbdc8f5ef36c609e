"""Ways to spoil the template, and the rule that must notice each: what no mutation can trip is no rule."""

import connections
import keys
import machines
import network
import permissions


def properties(template, name):
    return template["Resources"][name]["Properties"]


def statement(template, sid, role="LoginRole"):
    for policy in properties(template, role)["Policies"]:
        for found in policy["PolicyDocument"]["Statement"]:
            if found["Sid"] == sid:
                return found
    raise KeyError(sid)


def allow(template, role, action, resource="*"):
    policies = properties(template, role)["Policies"]
    policies[0]["PolicyDocument"]["Statement"].append({"Sid": "More", "Effect": "Allow", "Action": action, "Resource": resource})


def drop(sid, operator, key):
    """A mutation that takes one condition away."""
    return lambda t: statement(t, sid)["Condition"][operator].pop(key)


def give(name, key, value):
    """A mutation that sets one property."""
    return lambda t: properties(t, name).__setitem__(key, value)


def launch(name, key, value):
    """A mutation that sets one property of a launch template."""
    return lambda t: properties(t, name)["LaunchTemplateData"].__setitem__(key, value)


def metadata(name, key, value):
    return lambda t: properties(t, name)["LaunchTemplateData"]["MetadataOptions"].__setitem__(key, value)


def let_in(group, **source):
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "GroupId": {"Fn::GetAtt": [group, "GroupId"]}, **source}
    return lambda t: t["Resources"].__setitem__("More", {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": rule})


def add(kind, **given):
    return lambda t: t["Resources"].__setitem__("More", {"Type": kind, "Properties": given})


def parameter(name, **given):
    return lambda t: t["Parameters"].setdefault(name, {}).update(given)


def user_data(line):
    def mutate(template):
        parts = properties(template, "LoginTemplate")["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
        parts[1] += line + "\n"
    return mutate


def in_user_data(old, new):
    """A mutation of the text of the login server's user data, both parts."""
    def mutate(template):
        parts = properties(template, "LoginTemplate")["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
        parts[0]["Fn::Sub"][0] = parts[0]["Fn::Sub"][0].replace(old, new)
        parts[1] = parts[1].replace(old, new)
    return mutate


def key_mutations(secret, variable, output):
    """Ways to lose a key of the data, each beside the rule that must notice."""
    setting = variable.removeprefix("TENFOLD_") + "_IS_IN"

    def unreadable(template):
        readable = statement(template, "ReadOwnSecrets")["Resource"]
        readable[:] = [resource for resource in readable if f"'{secret}'" not in str(resource)]

    return [
        (f"{secret} goes before the data", lambda t: t["Resources"][secret].update(DeletionPolicy="Delete"), keys.every_key_is_kept),
        (f"{secret} is replaced", lambda t: t["Resources"][secret].pop("UpdateReplacePolicy"), keys.every_key_is_kept),
        (f"{secret} is no key", give(secret, "GenerateSecretString", {"PasswordLength": 40}), keys.every_key_is_kept),
        (f"no {secret}", lambda t: t["Resources"].pop(secret), keys.every_key_is_kept),
        (f"{secret} is not read", in_user_data(f'{variable}=$(secret "${setting}")\n', ""), keys.every_key_is_kept),
        (f"{secret} is not named", in_user_data(f"{setting}=", "NOT_THIS="), keys.every_key_is_kept),
        (f"{secret} stays in the script", in_user_data("export TENFOLD_MASTER_KEY TENFOLD_TOKEN_KEY", "export NOTHING"),
         keys.every_key_is_given_to_the_server),
        (f"{secret} may not be read", unreadable, keys.every_key_is_given_to_the_server),
        (f"{secret} is among no outputs", lambda t: t["Outputs"].pop(output), keys.every_key_is_found_again),
        (f"{secret} under a name that the way back does not know",
         lambda t: t["Outputs"].update(Renamed=t["Outputs"].pop(output)), keys.every_key_is_found_again),
    ]


WORLD = {"CidrIp": "0.0.0.0/0"}
CLIENTS = {"CidrIp": {"Ref": "ClientCidr"}}

MUTATIONS = [
    # What, how, and which rule notices it.
    ("one role more", add("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": []}), permissions.rights_stand_in_the_two_roles_alone),
    ("a policy beside the roles", add("AWS::IAM::Policy"), permissions.rights_stand_in_the_two_roles_alone),
    ("a policy of AWS's", give("AppRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"]),
     permissions.rights_stand_in_the_two_roles_alone),
    ("a policy of AWS's more", lambda t: properties(t, "AppRole")["ManagedPolicyArns"].append(
        "arn:aws:iam::aws:policy/AdministratorAccess"), permissions.rights_stand_in_the_two_roles_alone),
    ("an application server without the agent", lambda t: properties(t, "AppRole").pop("ManagedPolicyArns"),
     permissions.each_machine_can_be_looked_into),
    ("a login server without the agent", give("LoginRole", "ManagedPolicyArns", []), permissions.each_machine_can_be_looked_into),
    ("the account's parameters for application servers", lambda t: statement(t, "ReadNoParameters", "AppRole").update(Effect="Allow"),
     permissions.each_machine_can_be_looked_into),
    ("some of the account's parameters", lambda t: statement(t, "ReadNoParameters").update(Action="ssm:GetParameter"),
     permissions.each_machine_can_be_looked_into),
    ("a role for everybody", lambda t: properties(t, "AppRole")["AssumeRolePolicyDocument"]["Statement"][0].update(Principal="*"),
     permissions.rights_stand_in_the_two_roles_alone),
    ("all of EC2", lambda t: allow(t, "LoginRole", "ec2:*"), permissions.every_action_is_named),
    ("all that begins so", lambda t: allow(t, "LoginRole", ["ec2:Describe*"]), permissions.every_action_is_named),
    ("all but one", lambda t: statement(t, "ReadTheRelease").update(NotAction="s3:PutObject"), permissions.every_action_is_named),
    ("on everything", lambda t: allow(t, "LoginRole", "ec2:RebootInstances"), permissions.all_resources_only_where_aws_knows_no_others),
    ("metrics anywhere, no condition", lambda t: statement(t, "PublishMetrics").pop("Condition"),
     permissions.all_resources_only_where_aws_knows_no_others),
    ("launch without the fleet", drop("LaunchTaggedInstances", "StringEquals", "aws:RequestTag/tenfold:fleet"),
     permissions.launches_only_what_is_tagged),
    ("launch without the environment", drop("LaunchTaggedInstances", "StringEquals", "aws:RequestTag/tenfold:environment"),
     permissions.launches_only_what_is_tagged),
    ("launch without the request", drop("LaunchTaggedInstances", "Null", "aws:RequestTag/tenfold:instance"),
     permissions.launches_only_what_is_tagged),
    ("launch with the old metadata", drop("LaunchTaggedInstances", "StringEquals", "ec2:MetadataHttpTokens"),
     permissions.launches_only_what_is_tagged),
    ("launch with any role", drop("LaunchTaggedInstances", "ArnEquals", "ec2:InstanceProfile"), permissions.launches_only_what_is_tagged),
    ("launch any type", drop("LaunchTaggedInstances", "StringEquals", "ec2:InstanceType"), permissions.launches_only_what_is_tagged),
    ("launch without the template", drop("LaunchFromTheTemplateOnly", "ArnEquals", "ec2:LaunchTemplate"),
     permissions.launches_only_what_is_tagged),
    ("instances by the second statement", lambda t: statement(t, "LaunchFromTheTemplateOnly")["Resource"].append(
        {"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/*"}), permissions.launches_only_what_is_tagged),
    ("launch on everything", lambda t: statement(t, "LaunchFromTheTemplateOnly").update(Resource="*"),
     permissions.launches_only_what_is_tagged),
    ("any subnet", lambda t: statement(t, "LaunchFromTheTemplateOnly")["Resource"].append(
        {"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:subnet/*"}),
     permissions.launches_only_into_own_subnets_and_group),
    ("any image", lambda t: statement(t, "LaunchTheImageOfTheTemplate")["Condition"].pop("Bool"),
     permissions.launches_the_image_of_the_template),
    ("the newest image alone", lambda t: statement(t, "LaunchTheImageOfTheTemplate").update(
        Resource={"Fn::Sub": "arn:${AWS::Partition}:ec2:${AWS::Region}::image/${Image}"}),
     permissions.launches_the_image_of_the_template),
    ("no image", lambda t: statement(t, "LaunchTheImageOfTheTemplate").update(Resource=[]),
     permissions.launches_the_image_of_the_template),
    ("tags at any time", drop("TagAtLaunchOnly", "StringEquals", "ec2:CreateAction"), permissions.tags_only_at_launch),
    ("tags of another fleet", drop("TagAtLaunchOnly", "StringEquals", "aws:RequestTag/tenfold:fleet"), permissions.tags_only_at_launch),
    ("end anything", lambda t: statement(t, "EndOwnInstances").pop("Condition"), permissions.ends_only_its_own),
    ("end what one asks to be tagged", lambda t: statement(t, "EndOwnInstances").update(
        Condition={"StringEquals": {"aws:RequestTag/tenfold:fleet": {"Ref": "AWS::StackName"}}}), permissions.ends_only_its_own),
    ("end another fleet", lambda t: statement(t, "EndOwnInstances")["Condition"]["StringEquals"].update(
        {"aws:ResourceTag/tenfold:fleet": "*"}), permissions.ends_only_its_own),
    ("read any console", lambda t: allow(t, "LoginRole", "ec2:GetConsoleOutput"), permissions.ends_only_its_own),
    ("pass its own role", lambda t: statement(t, "GiveInstancesTheirRole").update(Resource={"Fn::GetAtt": ["LoginRole", "Arn"]}),
     permissions.passes_one_role_to_machines_only),
    ("pass two roles", lambda t: statement(t, "GiveInstancesTheirRole").update(
        Resource=[{"Fn::GetAtt": ["AppRole", "Arn"]}, {"Fn::GetAtt": ["LoginRole", "Arn"]}]),
     permissions.passes_one_role_to_machines_only),
    ("pass to any service", drop("GiveInstancesTheirRole", "StringEquals", "iam:PassedToService"),
     permissions.passes_one_role_to_machines_only),
    ("metrics in another namespace", lambda t: statement(t, "PublishMetrics")["Condition"]["StringEquals"].update(
        {"cloudwatch:namespace": "AWS/EC2"}), permissions.publishes_in_one_namespace),
    ("all secrets", lambda t: statement(t, "ReadOwnSecrets").update(Resource="*"), permissions.reads_its_own_secrets_only),
    ("a secret of somebody", lambda t: statement(t, "ReadOwnSecrets")["Resource"].append({"Ref": "Vpc"}),
     permissions.reads_its_own_secrets_only),
    ("one right more", lambda t: allow(t, "LoginRole", "s3:PutObject", "arn:aws:s3:::bucket/object"),
     permissions.the_login_server_may_do_these_things_alone),
    ("one right less", lambda t: statement(t, "EndOwnInstances").update(Action=[]), permissions.the_login_server_may_do_these_things_alone),
    ("an application server ends others", lambda t: allow(t, "AppRole", "ec2:TerminateInstances"),
     permissions.application_servers_write_logs_and_nothing_else),
    ("an application server writes any log", lambda t: statement(t, "WriteOwnLog", "AppRole").update(Resource="*"),
     permissions.application_servers_write_logs_and_nothing_else),

    ("Postgres for the world", let_in("DatabaseGroup", **WORLD), network.clients_reach_their_ports_and_nothing_else),
    ("Postgres for clients", let_in("DatabaseGroup", **CLIENTS), network.clients_reach_their_ports_and_nothing_else),
    ("a shell for clients", let_in("AppGroup", **CLIENTS, FromPort=22, ToPort=22), network.clients_reach_their_ports_and_nothing_else),
    ("the world at the client port", lambda t: properties(t, "AppGroup")["SecurityGroupIngress"][0].update(WORLD),
     network.clients_reach_their_ports_and_nothing_else),
    ("IPv6 at the client port", lambda t: properties(t, "AppGroup")["SecurityGroupIngress"].append(
        {"IpProtocol": "tcp", "FromPort": {"Ref": "AppPortFirst"}, "ToPort": {"Ref": "AppPortLast"}, "CidrIpv6": "::/0"}),
     network.clients_reach_their_ports_and_nothing_else),
    ("the world by default", parameter("ClientCidr", Default="0.0.0.0/0"), network.clients_have_no_default),
    ("Postgres from the address", let_in("DatabaseGroup", SourceSecurityGroupId={"Fn::GetAtt": ["AddressGroup", "GroupId"]}),
     network.the_data_is_reached_from_the_servers_alone),
    ("all ports of the broker", lambda t: properties(t, "BrokerFromApp").update(FromPort=0, ToPort=65535),
     network.the_data_is_reached_from_the_servers_alone),
    ("no broker for application servers", lambda t: t["Resources"].pop("BrokerFromApp"),
     network.the_data_is_reached_from_the_servers_alone),
    ("the login server from the database", let_in("LoginGroup", SourceSecurityGroupId={"Fn::GetAtt": ["DatabaseGroup", "GroupId"]}),
     network.the_login_server_is_reached_through_its_address),
    ("no rule for what leaves", lambda t: properties(t, "DatabaseGroup").pop("SecurityGroupEgress"), network.nothing_leaves_unasked),
    ("anything leaves", lambda t: properties(t, "AppGroup")["SecurityGroupEgress"].append({"IpProtocol": "-1", **WORLD}),
     network.nothing_leaves_unasked),
    ("the world once more", give("Vpc", "CidrBlock", "0.0.0.0/0"), network.the_world_is_named_nowhere_else),
    ("a public database", give("Database", "PubliclyAccessible", True), network.the_data_is_not_public),
    ("a database that says nothing of it", lambda t: properties(t, "Database").pop("PubliclyAccessible"), network.the_data_is_not_public),
    ("a public broker", give("Broker", "PubliclyAccessible", True), network.the_data_is_not_public),
    ("a broker among the servers", give("Broker", "SubnetIds", [{"Ref": "ServersA"}]), network.the_data_is_not_public),
    ("a database in the servers' group", give("Database", "VPCSecurityGroups", [{"Fn::GetAtt": ["AppGroup", "GroupId"]}]),
     network.the_data_is_not_public),
    ("a way out", give("DataARoutes", "RouteTableId", {"Ref": "ServersRoutes"}), network.the_data_has_no_way_out),
    ("a route out", add("AWS::EC2::Route", RouteTableId={"Ref": "DataRoutes"}), network.the_data_has_no_way_out),
    ("public addresses for data", give("DataB", "MapPublicIpOnLaunch", True), network.the_data_has_no_way_out),
    ("one zone", give("ServersB", "AvailabilityZone", {"Fn::Select": [0, {"Fn::GetAZs": ""}]}), network.there_are_two_zones),

    ("the old metadata", metadata("AppTemplate", "HttpTokens", "optional"), machines.metadata_wants_a_session),
    ("metadata two hops away", metadata("LoginTemplate", "HttpPutResponseHopLimit", 2), machines.metadata_wants_a_session),
    ("no word of metadata", launch("AppTemplate", "MetadataOptions", {}), machines.metadata_wants_a_session),
    ("a key pair", launch("AppTemplate", "KeyName", "mine"), machines.nobody_logs_in_to_a_machine),
    ("a disk in the clear", launch("AppTemplate", "BlockDeviceMappings", [{"Ebs": {}}]), machines.disks_are_encrypted),
    ("a database in the clear", give("Database", "StorageEncrypted", False), machines.disks_are_encrypted),
    ("an application server that is nobody's", launch("AppTemplate", "TagSpecifications", [{"ResourceType": "instance", "Tags": []}]),
     machines.only_application_servers_are_the_fleets),
    ("a login server of the fleet", lambda t: properties(t, "LoginServers")["Tags"].append(
        {"Key": "tenfold:fleet", "Value": {"Ref": "AWS::StackName"}, "PropagateAtLaunch": True}),
     machines.only_application_servers_are_the_fleets),
    ("a database without tags", lambda t: properties(t, "Database").pop("Tags"), machines.everything_is_tagged),
    ("logs for ever", lambda t: properties(t, "AppLog").pop("RetentionInDays"), machines.logs_end),
    ("data that goes with the stack", lambda t: t["Resources"]["Database"].pop("DeletionPolicy"), machines.data_outlives_a_mistake),
    ("no snapshot by default", parameter("DatabaseOnDelete", Default="Delete"), machines.data_outlives_a_mistake),
    ("one goes before another comes", lambda t: properties(t, "LoginServers").pop("InstanceMaintenancePolicy"),
     machines.a_login_server_is_there_before_one_goes),
    ("one may go", give("LoginServers", "InstanceMaintenancePolicy", {"MinHealthyPercentage": 0, "MaxHealthyPercentage": 100}),
     machines.a_login_server_is_there_before_one_goes),
    ("none during an update", lambda t: t["Resources"]["LoginServers"]["UpdatePolicy"]["AutoScalingRollingUpdate"].update(
        MinInstancesInService=0), machines.a_login_server_is_there_before_one_goes),
    ("no room for a second", give("LoginServers", "MaxSize", "1"), machines.a_login_server_is_there_before_one_goes),
    ("Postgres in the clear by default", parameter("DatabaseForceTls", Default="0"), machines.the_database_is_known_by_its_certificate),
    ("Postgres in the clear", lambda t: properties(t, "DatabaseParameters")["Parameters"].pop("rds.force_ssl"),
     machines.the_database_is_known_by_its_certificate),
    ("any certificate", in_user_data("verify-full", "require"), machines.the_database_is_known_by_its_certificate),
    ("a URL without TLS", in_user_data("?$tls", ""), machines.the_database_is_known_by_its_certificate),
    ("no authorities", in_user_data("rds-ca.pem \"$database_ca\"", "elsewhere.pem \"$database_ca\""),
     machines.the_database_is_known_by_its_certificate),
    ("a journal that stays on the machine", in_user_data("ForwardToConsole=yes", ""), machines.the_journal_goes_to_the_console),
    ("a journal as before", in_user_data("systemctl restart systemd-journald", ""), machines.the_journal_goes_to_the_console),
    ("an end without a reason", in_user_data("ExecStopPost=", "# "), machines.the_journal_goes_to_the_console),
    *key_mutations("MasterKey", "TENFOLD_MASTER_KEY", "MasterKeyArn"),
    *key_mutations("TokenKey", "TENFOLD_TOKEN_KEY", "TokenKeyArn"),
    ("more than the smallest database takes", lambda t: t["Rules"].pop("SmallestDatabase"),
     connections.the_database_has_connections_for_the_fleet),
    ("one more than the small database takes", lambda t: t["Rules"]["SmallDatabase"]["Assertions"][0]["Assert"]["Fn::Contains"][0].extend(
        ["61", "62", "63"]), connections.the_database_has_connections_for_the_fleet),
    ("a number left out", lambda t: t["Rules"]["SmallestDatabase"]["Assertions"][0]["Assert"]["Fn::Contains"][0].remove("7"),
     connections.the_database_has_connections_for_the_fleet),
    ("any number", lambda t: t["Parameters"]["MaxInstances"].pop("MaxValue"), connections.the_database_has_connections_for_the_fleet),
    ("a default that is refused", parameter("MaxInstances", Default=30), connections.the_defaults_are_allowed),
    ("another limit", lambda t: properties(t, "DatabaseParameters")["Parameters"].update(max_connections="50"),
     connections.the_limit_is_the_databases_own),
    ("a password in the template", give("Database", "MasterUserPassword", "correct horse"), machines.passwords_are_made_by_aws),
    ("a password by parameter", give("Database", "MasterUserPassword", {"Ref": "Environment"}), machines.passwords_are_made_by_aws),
    ("a broker's password in the template", lambda t: properties(t, "Broker")["Users"][0].update(Password="correct horse"),
     machines.passwords_are_made_by_aws),
    ("a secret that is none", give("TokenKey", "SecretString", "0" * 64), machines.passwords_are_made_by_aws),
    ("a readable parameter", parameter("DatabasePassword", Type="String"), machines.parameters_hide_secrets),
    ("a secret in user data", user_data("TENFOLD_TOKEN_KEY=" + "0" * 64), machines.secrets_stay_where_they_are),
    ("a resolved secret in user data", user_data("x='{{resolve:secretsmanager:TokenKey:SecretString}}'"),
     machines.secrets_stay_where_they_are),
    ("a secret among the outputs", lambda t: t["Outputs"].update(
        Key={"Value": {"Fn::Sub": "{{resolve:secretsmanager:${TokenKey}:SecretString}}"}}), machines.secrets_stay_where_they_are),
    ("user data for application servers", launch("AppTemplate", "UserData", {"Fn::Base64": ""}), machines.secrets_stay_where_they_are),
]
