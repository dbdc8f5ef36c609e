"""Reads the template, CloudFormation's short forms included, and finds things in it."""

import copy
import functools
from pathlib import Path

import yaml

PATH = Path(__file__).resolve().parent.parent / "tenfold.yaml"


class Loader(yaml.SafeLoader):
    """`!Ref x` is read as {"Ref": "x"}, `!GetAtt a.b` as {"Fn::GetAtt": ["a", "b"]}, any other `!Name x` as {"Fn::Name": x}."""


def short_form(loader, name, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if name in ("Ref", "Condition"):
        return {name: value}
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {"Fn::" + name: value}


Loader.add_multi_constructor("!", short_form)


@functools.cache
def parsed():
    return yaml.load(PATH.read_text(), Loader=Loader)


def read():
    """A template of one's own each time: mutations may spoil it."""
    return copy.deepcopy(parsed())


def resources(template, kind):
    """Name and properties of each resource of one type."""
    every = template["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in every if resource["Type"] == kind}


def as_list(value):
    return value if isinstance(value, list) else [value]


def walk(value):
    """Everything inside, itself first."""
    yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    for item in inside:
        yield from walk(item)


def group_named(value):
    """The security group that `!GetAtt Group.GroupId` names; None for anything else."""
    named = value.get("Fn::GetAtt") if isinstance(value, dict) else None
    return named[0] if named and named[1] == "GroupId" else None


def without_conditions(items):
    """The members of a list with each `!If` in it replaced by what it may be."""
    for item in items or []:
        if isinstance(item, dict) and "Fn::If" in item:
            yield from without_conditions(item["Fn::If"][1:])
        elif item != {"Ref": "AWS::NoValue"}:
            yield item
