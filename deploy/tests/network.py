"""Who reaches whom. Each rule takes a template and gives one sentence for each fault."""

from template import group_named, resources, walk, without_conditions

SERVERS = {"LoginGroup", "AppGroup"}
CLIENTS = {"Ref": "ClientCidr"}
# Group: the ports on which clients may come, first and last.
CLIENT_PORTS = {
    "AddressGroup": ({"Ref": "LoginPort"}, {"Ref": "LoginPort"}),
    "AppGroup": ({"Ref": "AppPortFirst"}, {"Ref": "AppPortLast"}),
}


def incoming(template):
    """Group, rule: inside the groups and beside them."""
    for group, properties in resources(template, "AWS::EC2::SecurityGroup").items():
        for rule in without_conditions(properties.get("SecurityGroupIngress")):
            yield group, rule
    for rule in resources(template, "AWS::EC2::SecurityGroupIngress").values():
        yield group_named(rule["GroupId"]), rule


def outgoing(template):
    for group, properties in resources(template, "AWS::EC2::SecurityGroup").items():
        for rule in without_conditions(properties.get("SecurityGroupEgress")):
            yield group, rule
    for rule in resources(template, "AWS::EC2::SecurityGroupEgress").values():
        yield group_named(rule["GroupId"]), rule


def ports(rule):
    return rule.get("FromPort"), rule.get("ToPort")


def clients_reach_their_ports_and_nothing_else(template):
    faults = []
    for group, rule in incoming(template):
        if group_named(rule.get("SourceSecurityGroupId")):
            continue
        if rule.get("CidrIp") != CLIENTS:
            faults.append(f"{group} lets in {rule.get('CidrIp') or rule}")
        elif rule["IpProtocol"] != "tcp" or ports(rule) != CLIENT_PORTS.get(group):
            faults.append(f"{group} lets clients in on {ports(rule)}")
    return faults


def clients_have_no_default(template):
    """Whoever opens this to the whole world has said so."""
    return ["ClientCidr has a default"] if "Default" in template["Parameters"]["ClientCidr"] else []


def the_data_is_reached_from_the_servers_alone(template):
    reached = {"DatabaseGroup": set(), "BrokerGroup": set()}
    for group, rule in incoming(template):
        if group in reached:
            reached[group].add(group_named(rule.get("SourceSecurityGroupId")))
            if rule["IpProtocol"] != "tcp" or ports(rule)[0] != ports(rule)[1] or ports(rule)[0] is None:
                reached[group].add(f"ports {ports(rule)}")
    return [f"{group} is reached from {sources}" for group, sources in reached.items() if sources != SERVERS]


def the_login_server_is_reached_through_its_address(template):
    wanted = {("AddressGroup", "LoginPort"), ("AppGroup", "EnrolmentPort")}
    seen = set()
    for group, rule in incoming(template):
        if group == "LoginGroup":
            port = rule["FromPort"].get("Ref") if rule["FromPort"] == rule["ToPort"] and isinstance(rule["FromPort"], dict) else None
            seen.add((group_named(rule.get("SourceSecurityGroupId")), port))
    return [] if seen == wanted else [f"LoginGroup is reached from {seen}"]


def nothing_leaves_unasked(template):
    """To the world only HTTPS, which AWS is spoken to with; a group that says nothing may do anything."""
    faults = []
    for group, properties in resources(template, "AWS::EC2::SecurityGroup").items():
        if not properties.get("SecurityGroupEgress"):
            faults.append(f"{group} may talk to the whole world")
    for group, rule in outgoing(template):
        if group_named(rule.get("DestinationSecurityGroupId")) or rule.get("CidrIp") == "127.0.0.1/32":
            continue
        if rule.get("CidrIp") != "0.0.0.0/0" or ports(rule) != (443, 443) or group not in SERVERS:
            faults.append(f"{group} talks to {rule}")
    return faults


def the_world_is_named_nowhere_else(template):
    """0.0.0.0/0 and its like: the route of the servers and their HTTPS, no more."""
    worlds = sum(1 for value in walk(template["Resources"]) if value in ("0.0.0.0/0", "::/0"))
    routes = resources(template, "AWS::EC2::Route")
    return [] if worlds == 3 and set(routes) == {"ServersToInternet"} else [f"the world is named {worlds} times, in routes {set(routes)}"]


def the_data_is_not_public(template):
    faults = []
    for kind in ("AWS::RDS::DBInstance", "AWS::AmazonMQ::Broker"):
        for name, properties in resources(template, kind).items():
            if properties.get("PubliclyAccessible") is not False:
                faults.append(f"{name} is public")
    places = resources(template, "AWS::RDS::DBSubnetGroup")["DatabaseSubnets"]["SubnetIds"]
    places = places + resources(template, "AWS::AmazonMQ::Broker")["Broker"]["SubnetIds"]
    faults += [f"data in {place}" for place in places if place.get("Ref") not in ("DataA", "DataB")]
    groups = resources(template, "AWS::RDS::DBInstance")["Database"]["VPCSecurityGroups"]
    if [group_named(group) for group in groups] != ["DatabaseGroup"]:
        faults.append("the database is in another group")
    if [group_named(group) for group in resources(template, "AWS::AmazonMQ::Broker")["Broker"]["SecurityGroups"]] != ["BrokerGroup"]:
        faults.append("the broker is in another group")
    return faults


def the_data_has_no_way_out(template):
    subnets = resources(template, "AWS::EC2::Subnet")
    faults = [f"{name} gives public addresses" for name in ("DataA", "DataB") if subnets[name].get("MapPublicIpOnLaunch") is not False]
    for properties in resources(template, "AWS::EC2::SubnetRouteTableAssociation").values():
        if properties["SubnetId"].get("Ref") in ("DataA", "DataB") and properties["RouteTableId"] != {"Ref": "DataRoutes"}:
            faults.append(f"{properties['SubnetId']} takes the servers' routes")
    for name, route in resources(template, "AWS::EC2::Route").items():
        if route["RouteTableId"] == {"Ref": "DataRoutes"}:
            faults.append(f"{name} leads out of the data's subnets")
    return faults


def there_are_two_zones(template):
    subnets = resources(template, "AWS::EC2::Subnet")
    zones = {name: str(properties["AvailabilityZone"]) for name, properties in subnets.items()}
    pairs = [("ServersA", "ServersB"), ("DataA", "DataB")]
    return [f"{a} and {b} are in one zone" for a, b in pairs if zones[a] == zones[b]]


RULES = [
    clients_reach_their_ports_and_nothing_else,
    clients_have_no_default,
    the_data_is_reached_from_the_servers_alone,
    the_login_server_is_reached_through_its_address,
    nothing_leaves_unasked,
    the_world_is_named_nowhere_else,
    the_data_is_not_public,
    the_data_has_no_way_out,
    there_are_two_zones,
]
