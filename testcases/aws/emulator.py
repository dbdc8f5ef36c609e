"""LocalStack, which stands for AWS in the tests, and a look at each call before it: what it takes and AWS would not.

    python emulator.py FOLDER

Each call that is signed must be one that botocore's model knows (models.py), and its reply too. One that is made with the credentials of a
role must be allowed by the role's policy (policy.py, rights.py): the name of the role is the session token. What the tests ask themselves
(testcases/src/aws/by_hand.rs) is not signed, and not looked at.

A call that must not be is answered as AWS does, and noted: in FOLDER/violations, and at /_tenfold/violations/ACCOUNT, a line each."""

import json
import os
import sys
import threading
import traceback
from pathlib import Path

import localstack.runtime.main
from localstack.aws import handlers
from localstack.aws.api import CommonServiceException
from localstack.http import Response
from localstack.runtime.events import infra_stopped, infra_stopping
from localstack.services.edge import ROUTER
from moto.core.exceptions import RESTError, ServiceException
from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

import definitions
import models
import policy
import rights

ROLES = {"login-server": Path(__file__).resolve().parents[2] / "deploy/fleet-policy.json"}
# What EC2 and the other services call a refusal.
REFUSED = {"ec2": "UnauthorizedOperation"}
# What the emulator's parts say no with.
NOT_THERE = (RESTError, ServiceException)
# In place of a signature, in what the tests ask themselves.
NOT_SIGNED = "0"


class World:
    """What there is in an account, as the emulator has it."""

    def __init__(self, account, region):
        self.account, self.region = account, region
        self.ec2 = ec2_backends[account][region]

    def template(self, named):
        if "LaunchTemplateId" in named:
            found = self.ec2.get_launch_template(named["LaunchTemplateId"])
        else:
            found = self.ec2.get_launch_template_by_name(named["LaunchTemplateName"])
        return rights.Template(found.id, found.get_version(named.get("Version", "$Default")).data)

    def tags_of_instance(self, name):
        """None where there is no such instance."""
        found = self.ec2.get_instance(name) if name in {one.id for one in self.ec2.all_instances()} else None
        return found and {tag["key"]: tag["value"] for tag in found.get_tags()}

    def subnet(self, named):
        """Its id; of one of the account's own network where none is named."""
        return self.ec2.get_subnet(named).id if named else next(iter(self.ec2.get_default_subnets().values())).id

    def group(self, named):
        """Its id."""
        found = self.ec2.get_security_group_by_name_or_id(named)
        if found is None:
            raise InvalidSecurityGroupNotFoundError(named)
        return found.id

    def default_group(self, subnet):
        return self.ec2.get_default_security_group(self.ec2.get_subnet(subnet).vpc_id).id

    def role_of(self, profile):
        """The emulator launches with any profile, and EC2 does not."""
        try:
            found = iam_backends[self.account]["aws"].get_instance_profile_by_arn(profile)
        except NOT_THERE:
            raise policy.Unknown(f"there is no {profile}") from None
        return found.roles[0].arn


class Violations:
    """What was asked that must not be, by account."""

    def __init__(self, path):
        self.path, self.lock, self.found = path, threading.Lock(), {}
        path.touch()

    def note(self, context, reason):
        asked = context.operation.name if context.operation else context.request.path
        line = " ".join(f"{context.account_id}: {asked}: {reason}".split())
        with self.lock, self.path.open("a") as file:
            self.found.setdefault(context.account_id, []).append(line)
            print(line, file=file)

    def tell(self, _request, account):
        with self.lock:
            return Response("".join(f"{line}\n" for line in self.found.get(account, [])))


class Watch:
    def __init__(self, violations):
        self.violations = violations
        self.policies = {role: json.loads(path.read_text())["Statement"] for role, path in ROLES.items()}

    def request(self, _chain, context, _response):
        if not is_looked_at(context):
            return
        context.was_looked_at = True
        try:
            status, code, reason = self.objection(context) or (None, None, None)
        except NOT_THERE as missing:
            # Something that it names. EC2 says so also of a dry run, and the emulator would not.
            code = missing.error_type if isinstance(missing, RESTError) else missing.code
            raise refusal(400, code, missing.message) from None
        except Exception:
            # Nothing passes because of a fault of ours.
            status, code, reason = 500, "InternalFailure", traceback.format_exc()
        if reason:
            self.violations.note(context, reason)
            raise refusal(status, code, reason)

    def objection(self, context):
        """Status, code and reason with which AWS would refuse it."""
        request, operation = context.request, models.service(context.service.service_name).operation_model(context.operation.name)
        fields = list(request.form.items(multi=True))
        parameters, faults = models.request(operation, context.protocol, fields, request.get_data())
        if faults:
            return 400, "ValidationError", "; ".join(faults)
        role = request.headers.get("X-Amz-Security-Token")
        if role is None:
            return None
        call = rights.Call(context.service.service_name, operation.name, parameters)
        try:
            needs = rights.needs(call, World(context.account_id, context.region))
            refusals = [policy.refusal(self.policies[role], need) for need in needs]
        except policy.Unknown as unknown:
            refusals = [str(unknown)]
        reasons = [reason for reason in refusals if reason]
        return (403, REFUSED.get(call.service, "AccessDenied"), "; ".join(reasons)) if reasons else None

    def reply(self, _chain, context, response):
        if not is_looked_at(context):
            return
        try:
            if not context.get("was_looked_at"):
                faults = [f"the emulator could not read it: {response.get_data()!r}"]
            else:
                operation = models.service(context.service.service_name).operation_model(context.operation.name)
                headers = {name.lower(): value for name, value in response.headers.items()}
                faults = models.reply(operation, context.protocol, response.status_code, headers, response.get_data())
        except Exception:
            faults = [traceback.format_exc()]
        if faults:
            self.violations.note(context, "the reply: " + "; ".join(faults))


def refusal(status, code, reason):
    # One of the protocols takes the code from the class's name.
    return type(code, (CommonServiceException,), {})(code, reason, status_code=status)


def is_looked_at(context):
    # A real signature may begin with a 0 too.
    _, is_signed, signature = context.request.headers.get("Authorization", "").rpartition("Signature=")
    return bool(context.service and not context.is_internal_call and is_signed and signature != NOT_SIGNED)


def end_when_told():
    """The runtime stops its loop from another thread, and does not always wake it."""
    infra_stopping.wait()
    infra_stopped.wait(3)
    os._exit(0)


def main():
    violations = Violations(Path(sys.argv[1]) / "violations")
    watch = Watch(violations)
    # What takes a moment is read before anybody waits for an answer.
    definitions.everything()
    for service in ("cloudwatch", "ec2"):
        models.service(service)
    handlers.serve_custom_service_request_handlers.append(watch.request)
    handlers.run_custom_response_handlers.append(watch.reply)
    ROUTER.add("/_tenfold/violations/<account>", violations.tell)
    threading.Thread(target=end_when_told, daemon=True).start()
    localstack.runtime.main.main()


if __name__ == "__main__":
    main()
