"""Whether requests and replies are as AWS's own models of its operations have them. The models are botocore's, which AWS publishes.

A request or a reply is first read into a tree (structures as dicts by the names of their members, lists, and scalars), which is
then held to the shape that the model has for it. Each fault is a sentence that begins with where it is."""

import base64
import datetime
import functools
import re
from xml.etree import ElementTree

import botocore.loaders
import botocore.model
import botocore.parsers
import botocore.utils
import cbor2

EC2, CBOR = "ec2", "smithy-rpc-v2-cbor"
WHOLE, NUMBER = int, (int, float)
TYPES = {
    "string": str, "character": str, "integer": WHOLE, "long": WHOLE, "float": NUMBER, "double": NUMBER, "boolean": bool, "blob": bytes,
    "timestamp": datetime.datetime,
}
# In forms and in XML all is text.
FROM_TEXT = {
    "integer": int, "long": int, "float": float, "double": float, "boolean": {"true": True, "false": False}.__getitem__,
    "blob": lambda text: base64.b64decode(text, validate=True), "timestamp": botocore.utils.parse_timestamp,
}


@functools.cache
def service(name):
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(name, "service-2"), name)


class Reader:
    """Reads one request or reply. `faults` is what could not be read."""

    def __init__(self):
        self.faults = []

    def fault(self, path, reason):
        self.faults.append(f"{path or 'the whole'}: {reason}")

    def form(self, shape, fields):
        """A request in the protocol of EC2: names and values, such as `TagSpecification.1.Tag.2.Key`."""
        nested = {}
        for name, value in fields:
            *parents, last = name.split(".")
            inner = nested
            for parent in parents:
                inner = inner.setdefault(parent, {}) if isinstance(inner, dict) else inner
            if not isinstance(inner, dict) or last in inner:
                self.fault(name, "said twice")
                continue
            inner[last] = value
        return self.form_part(shape, nested, "")

    def form_part(self, shape, part, path):
        if shape.type_name not in ("structure", "list"):
            if isinstance(part, dict):
                self.fault(path, f"has parts ({', '.join(part)}) and is a {shape.type_name}")
            return from_text(shape, part)
        if not isinstance(part, dict):
            self.fault(path, f"is a {shape.type_name} and has no parts")
            return {} if shape.type_name == "structure" else []
        if shape.type_name == "list":
            if list(part) != [str(number + 1) for number in range(len(part))]:
                self.fault(path, f"is a list whose items are called {', '.join(part)}")
            return [self.form_part(shape.member, inner, f"{path}.{number}") for number, inner in part.items()]
        members = {name_in_form(name, member): name for name, member in shape.members.items()}
        return {name: self.form_part(shape.members[name], inner, below(path, said))
                for said, inner, name in self.known(part.items(), members, path)}

    def xml(self, shape, element, path=""):
        """A reply in the protocol of EC2."""
        if shape.type_name == "structure":
            members = {member.serialization.get("name", name): name for name, member in shape.members.items()}
            children = [(local(child), child) for child in element if path or local(child) != "requestId"]
            return {name: self.xml(shape.members[name], child, below(path, said))
                    for said, child, name in self.known(children, members, path)}
        if shape.type_name == "list":
            item = shape.member.serialization.get("name", "member")
            children = [(local(child), child) for child in element]
            return [self.xml(shape.member, child, f"{path}.{number + 1}")
                    for number, (_, child, _) in enumerate(self.known(children, {item: item}, path))]
        return from_text(shape, element.text or "")

    def known(self, parts, members, path):
        """The parts that the model knows, each with its member's name."""
        for said, part in parts:
            if said in members:
                yield said, part, members[said]
            else:
                self.fault(below(path, said), "the model knows no such name")


def from_text(shape, text):
    """The scalar that is meant; what means none stays as it is, and is a fault of its type."""
    try:
        return FROM_TEXT.get(shape.type_name, str)(text)
    except (KeyError, TypeError, ValueError):
        return text


def below(path, name):
    return f"{path}.{name}" if path else name


def local(element):
    return element.tag.rpartition("}")[2]


def name_in_form(name, member):
    """As botocore's EC2Serializer has it."""
    said = member.serialization
    if "queryName" in said:
        return said["queryName"]
    name = said.get("name", name)
    return name[0].upper() + name[1:]


def faults(shape, value, path=""):
    """What is wrong with a tree."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            return [f"{path}: is no structure"]
        found = [f"{below(path, name)}: is required and not there" for name in shape.required_members if name not in value]
        for name, inner in value.items():
            if name in shape.members:
                found += faults(shape.members[name], inner, below(path, name))
            else:
                found.append(f"{below(path, name)}: the model knows no such name")
        return found
    if kind == "list":
        if not isinstance(value, list):
            return [f"{path}: is no list"]
        found = beyond(shape, len(value), path, "items")
        for number, inner in enumerate(value):
            found += faults(shape.member, inner, f"{path}.{number + 1}")
        return found
    if kind == "map":
        return [] if isinstance(value, dict) else [f"{path}: is no map"]
    return scalar_faults(shape, value, path)


def beyond(shape, size, path, unit):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        return [f"{path}: {size} {unit}, where {least} to {most} may be"]
    return []


def scalar_faults(shape, value, path):
    wanted = TYPES[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        return [f"{path}: {value!r} is no {shape.type_name}"]
    if wanted in (WHOLE, NUMBER):
        return beyond(shape, value, path, "")
    if wanted is not str:
        return []
    found = beyond(shape, len(value), path, "characters")
    if shape.enum and value not in shape.enum:
        found.append(f"{path}: {value!r} is none of the values that the model names")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        found.append(f"{path}: {value!r} does not match {pattern}")
    return found


def request(operation, protocol, fields, body):
    """The parameters of a request as a tree, and what is wrong with them. `fields` are those of a form, `body` is what else was sent."""
    shape = operation.input_shape
    reader = Reader()
    if protocol == EC2:
        told = dict(fields)
        if told.get("Version") != operation.service_model.api_version:
            reader.fault("Version", f"{told.get('Version')} is not the model's")
        tree = reader.form(shape, [field for field in fields if field[0] not in ("Action", "Version")])
    elif protocol == CBOR:
        tree = cbor2.loads(body) if body else {}
    else:
        return {}, [f"nobody here reads the protocol {protocol}"]
    return tree, reader.faults + faults(shape, tree)


def reply(operation, protocol, status, headers, body):
    """What is wrong with a reply."""
    parsed = botocore.parsers.create_parser(protocol).parse({"status_code": status, "headers": headers, "body": body}, operation.output_shape)
    if status >= 300:
        return [] if parsed.get("Error", {}).get("Code") else ["it has no error's code"]
    if operation.output_shape is None:
        return []
    reader = Reader()
    if protocol == EC2:
        tree = reader.xml(operation.output_shape, ElementTree.fromstring(body))
    else:
        tree = cbor2.loads(body) if body else {}
    return reader.faults + faults(operation.output_shape, tree)
