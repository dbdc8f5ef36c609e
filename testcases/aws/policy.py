"""Whether a policy of IAM allows a thing: as much of IAM as our own policies use. What it does not know it does not guess: `Unknown`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""

import re
from dataclasses import dataclass, field

import definitions


class Unknown(Exception):
    """Nobody here can say."""


@dataclass(frozen=True)
class Need:
    """An action on a resource: its kind as the definitions have it ("" where the action knows no resources), and its ARN. `keys` are the
    condition keys whose values are known; a key with tags has them all: {"aws:RequestTag": {"a": "b"}}. None: known, and not there."""

    action: str
    kind: str
    resource: str
    keys: dict = field(default_factory=dict)

    def __str__(self):
        return f"{self.action} on {self.resource}"

    def key(self, name):
        """The value of a condition key; None where AWS does not give it."""
        if not definitions.has_key(self.action, self.kind, name):
            return None
        family, _, tag = name.partition("/")
        known = {key.lower(): value for key, value in self.keys.items()}
        if family.lower() not in known:
            raise Unknown(f"the policy looks at {name}, whose value for {self} nobody here works out")
        value = known[family.lower()]
        return value.get(tag) if isinstance(value, dict) else value


def as_list(value):
    return value if isinstance(value, list) else [value]


def like(pattern, text, ignoring_case=False):
    """With * and ? in the pattern."""
    if "${" in pattern:
        raise Unknown(f"{pattern} has a variable")
    words = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(words, text, re.DOTALL | (re.IGNORECASE if ignoring_case else 0)) is not None


def arn_like(pattern, arn):
    """Part by part: a * does not reach over a colon, but in the last part."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) == 6 and all(like(*pair) for pair in zip(patterns, parts))


def is_null(wanted, value):
    return wanted == str(value is None).lower()


def given(test):
    """A test that a value which is not there never passes."""
    return lambda wanted, value: value is not None and test(wanted, value)


OPERATORS = {
    "StringEquals": given(lambda wanted, value: wanted == value),
    "StringLike": given(like),
    "ArnEquals": given(arn_like),
    "ArnLike": given(arn_like),
    "Bool": given(lambda wanted, value: wanted.lower() == value.lower()),
    "Null": is_null,
}
PARTS = {"Sid", "Effect", "Action", "Resource", "Condition"}


def conditions_hold(statement, need):
    for operator, keys in statement.get("Condition", {}).items():
        if operator not in OPERATORS:
            raise Unknown(f"nobody here knows the operator {operator}")
        for name, wanted in keys.items():
            value = need.key(name)
            if not any(OPERATORS[operator](one, value) for one in as_list(wanted)):
                return False
    return True


def applies(statement, need):
    if set(statement) - PARTS:
        raise Unknown(f"nobody here knows {sorted(set(statement) - PARTS)} of a statement")
    if not any(like(action, need.action, ignoring_case=True) for action in as_list(statement["Action"])):
        return False
    resources = as_list(statement["Resource"])
    return any(one == "*" or arn_like(one, need.resource) for one in resources) and conditions_hold(statement, need)


def refusal(statements, need):
    """Why it is refused; None where it is allowed."""
    for statement in statements:
        if statement["Effect"] == "Deny" and applies(statement, need):
            return f"{need}: a statement of the policy denies it"
    if any(statement["Effect"] == "Allow" and applies(statement, need) for statement in statements):
        return None
    return f"{need}: no statement of the policy allows it"
