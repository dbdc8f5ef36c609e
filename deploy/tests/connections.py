"""How many application servers a database has connections for. Each rule takes a template and gives one sentence for each fault."""

from template import resources

# RDS allows DBInstanceClassMemory/9531392, and that memory is what the system and RDS itself leave: on the smallest classes 70 % of what
# is on the price list.
BYTES_PER_CONNECTION = 9_531_392
SHARE_LEFT = 0.7
# For Postgres' superusers, for RDS, and for somebody who looks what is wrong.
RESERVED = 8
LOGIN_SERVERS = 2  # during an update
# Four of the store; those that append, notify, read, hold the fleet and publish metrics; what a start and the look at the log take.
PER_LOGIN_SERVER = 12
# What they are to hold. Those of this release hold four, five with a broker: the guide says so under what is missing.
PER_APPLICATION_SERVER = 2
# GiB of the classes that are smaller than the smallest of the others, which has MaxValue.
SMALL_CLASSES = {"db.t3.micro": 1, "db.t4g.micro": 1, "db.t3.small": 2, "db.t4g.small": 2}
OTHERS = 4


def application_servers(gibibytes):
    allowed = int(gibibytes * 2**30 / BYTES_PER_CONNECTION * SHARE_LEFT)
    return (allowed - RESERVED - LOGIN_SERVERS * PER_LOGIN_SERVER) // PER_APPLICATION_SERVER


def contains(function, given):
    """What Fn::Contains says, with these parameters given. It compares text: a number among the values is found by nothing."""
    values, wanted = function["Fn::Contains"]
    return str(given[wanted["Ref"]]) in values


def is_allowed(template, **given):
    parameter = template["Parameters"]["MaxInstances"]
    if not parameter["MinValue"] <= given["MaxInstances"] <= parameter.get("MaxValue", given["MaxInstances"]):
        return False
    return all(contains(assertion["Assert"], given)
               for rule in template.get("Rules", {}).values() if contains(rule["RuleCondition"], given)
               for assertion in rule["Assertions"])


def the_database_has_connections_for_the_fleet(template):
    faults = []
    for database, gibibytes in {**SMALL_CLASSES, "db.m7g.large": OTHERS}.items():
        most = application_servers(gibibytes)
        allowed = [n for n in range(1, 300) if is_allowed(template, DatabaseInstanceClass=database, MaxInstances=n)]
        if not allowed or allowed[-1] > most:
            faults.append(f"{database} has connections for {most} application servers, and {allowed[-1:]} are allowed")
        elif allowed != list(range(1, allowed[-1] + 1)):
            faults.append(f"{database}: {allowed[-1]} are allowed, and not every smaller number")
    return faults


def the_defaults_are_allowed(template):
    parameters = template["Parameters"]
    given = {name: parameters[name]["Default"] for name in ("DatabaseInstanceClass", "MaxInstances")}
    return [] if is_allowed(template, **given) else [f"{given} is refused"]


def the_limit_is_the_databases_own(template):
    """The sum above holds while nobody sets another limit."""
    groups = resources(template, "AWS::RDS::DBParameterGroup").values()
    return ["max_connections is set" for group in groups if "max_connections" in group["Parameters"]]


RULES = [the_database_has_connections_for_the_fleet, the_defaults_are_allowed, the_limit_is_the_databases_own]
