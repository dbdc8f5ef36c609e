"""The keys of the data outlive the machines. Which keys there are is read from the programs' sources, so that a new kind of key that the
template does not keep is a fault. Each rule takes a template and gives one sentence for each fault.

What is derived from these two keys (the fleet's key, the certificate of enrolment, the keys of MACs and checkpoints) needs no secret of
its own. The passwords of the database and of the broker open nothing that outlives the stack, and are no keys: a database that is restored
from its snapshot takes a new one. `machines.passwords_are_made_by_aws` is their rule."""

import functools
import re
from pathlib import Path

from template import resources

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / "deploy" / "README.md"
# Sixteen digits are left of what Secrets Manager chooses from, and no kind of them is demanded.
HEXADECIMAL = {"PasswordLength": 64, "ExcludeCharacters": "ghijklmnopqrstuvwxyz", "ExcludeUppercase": True, "ExcludePunctuation": True,
               "RequireEachIncludedType": False}
KEPT = {"Fn::If": ["KeepsData", "Retain", "Delete"]}


def kinds_in(source):
    """The variables by which the keys that a Rust source defines may be given (`static …: KeyKind = KeyKind { … }`)."""
    source = source.split("#[cfg(test)]")[0]
    constants = dict(re.findall(r'const (\w+): &str = "(\w+)";', source))
    for body in re.findall(r": KeyKind = KeyKind \{(.*?)\n\};", source, re.DOTALL):
        named = re.search(r'\bvariable: (?:"(\w+)"|(\w+)),', body)
        yield named[1] or constants[named[2]]


@functools.cache
def kinds():
    crates = (folder for folder in ROOT.iterdir() if (folder / "Cargo.toml").is_file() or folder.name == "events")
    return sorted(variable for folder in crates for path in folder.rglob("*.rs") for variable in kinds_in(path.read_text()))


def user_data(template):
    """What names the secrets, what its own names stand for, and the script that reads them."""
    data = resources(template, "AWS::EC2::LaunchTemplate")["LoginTemplate"]["LaunchTemplateData"]
    (pattern, names), script = [part.get("Fn::Sub") if isinstance(part, dict) else part
                                for part in data["UserData"]["Fn::Base64"]["Fn::Join"][1]]
    return pattern, names, script


def reference(template, variable):
    """What the template takes for the secret that a variable's value is read from; None where the start script does not read it."""
    pattern, names, script = user_data(template)
    read = re.search(rf'^{variable}=\$\(secret "\$(\w+)"\)$', script, re.MULTILINE)
    named = read and re.search(rf"^{read[1]}=\$\{{(\w+)\}}$", pattern, re.MULTILINE)
    return named and names.get(named[1], {"Ref": named[1]})


def made_secret(wanted):
    """The secret of this stack in a reference: itself, or what is taken where the operator names none."""
    if wanted and "Fn::If" in wanted:
        wanted = wanted["Fn::If"][1]
    return (wanted or {}).get("Ref")


def every_key_is_kept(template):
    faults = []
    for variable in kinds():
        wanted = reference(template, variable)
        name = made_secret(wanted)
        if name not in resources(template, "AWS::SecretsManager::Secret"):
            faults.append(f"{variable}: the key is on the login server's disk alone, and is lost with it")
            continue
        secret = template["Resources"][name]
        faults += [f"{name}: its {policy} is not the data's" for policy in ("DeletionPolicy", "UpdateReplacePolicy")
                   if secret.get(policy) != KEPT]
        if secret["Properties"].get("GenerateSecretString") != HEXADECIMAL:
            faults.append(f"{name} is not made of 64 hexadecimal digits")
    return faults


def every_key_is_given_to_the_server(template):
    faults = []
    for variable in kinds():
        exported = re.search(rf"^export .*\b{variable}\b", user_data(template)[2], re.MULTILINE)
        readable = [statement["Resource"] for policy in resources(template, "AWS::IAM::Role")["LoginRole"]["Policies"]
                    for statement in policy["PolicyDocument"]["Statement"] if statement["Sid"] == "ReadOwnSecrets"][0]
        if not exported:
            faults.append(f"{variable} does not reach the program")
        if reference(template, variable) not in readable:
            faults.append(f"the login server may not read the secret of {variable}")
    return faults


def every_key_is_found_again(template, guide=None):
    """By whoever takes the stack down: an output names it, and the way back says what to do with it."""
    way_back = re.search(r"(?ms)^## Back to nothing$(.*?)^## ", guide or GUIDE.read_text())[1]
    faults = []
    for variable in kinds():
        wanted = reference(template, variable)
        outputs = [name for name, output in template["Outputs"].items() if wanted and output["Value"] == wanted]
        if not outputs:
            faults.append(f"no output names the secret of {variable}")
        for name in outputs:
            if f"`{name}`" not in way_back:
                faults.append(f"the way back does not say what becomes of {name}")
    return faults


RULES = [every_key_is_kept, every_key_is_given_to_the_server, every_key_is_found_again]
