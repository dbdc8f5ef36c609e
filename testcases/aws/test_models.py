"""What a model does not know is noticed, in requests and in replies; what it knows passes."""

import unittest
import urllib.parse

import cbor2

import models

RUN = models.service("ec2").operation_model("RunInstances")
DESCRIBE = models.service("ec2").operation_model("DescribeInstances")
CONSOLE = models.service("ec2").operation_model("GetConsoleOutput")
PUT = models.service("cloudwatch").operation_model("PutMetricData")
LAUNCH = (
    "Action=RunInstances&Version=2016-11-15&MinCount=1&MaxCount=1&ImageId=ami-1&InstanceType=t3.micro&UserData=IyEvYmluL3NoCg%3D%3D"
    "&SecurityGroupId.1=sg-1&MetadataOptions.HttpTokens=required&MetadataOptions.HttpPutResponseHopLimit=1&DryRun=true"
    "&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b"
)
DATUM = {"MetricName": "Sessions", "Timestamp": cbor2.CBORTag(1, 1_800_000_000.5), "Unit": "Count", "Values": [1.0], "StorageResolution": 60}
NAMESPACE = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'


def of_launch(form):
    return models.request(RUN, models.EC2, urllib.parse.parse_qsl(form, keep_blank_values=True), b"")


def of_put(**changed):
    return models.request(PUT, models.CBOR, [], cbor2.dumps({"Namespace": "Tenfold", "MetricData": [{**DATUM, **changed}]}))[1]


class Requests(unittest.TestCase):
    def test_a_form_is_read_by_the_names_of_the_model(self):
        tree, faults = of_launch(LAUNCH)
        self.assertEqual(faults, [])
        self.assertEqual(tree["TagSpecifications"], [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}])
        self.assertEqual((tree["DryRun"], tree["MinCount"], tree["UserData"]), (True, 1, "IyEvYmluL3NoCg=="))

    def test_what_no_form_of_the_model_is_is_refused(self):
        for was, becomes, where in [
            ("&ImageId=", "&ImageID=", "ImageID: the model knows no such name"),
            ("&MinCount=1", "", "MinCount: is required"),
            ("&MinCount=1", "&MinCount=one", "MinCount: 'one' is no integer"),
            ("&MaxCount=1", "&MaxCount=1&MaxCount=2", "MaxCount: said twice"),
            ("DryRun=true", "DryRun=yes", "DryRun: 'yes' is no boolean"),
            ("t3.micro", "t3.mikro", "InstanceType: 't3.mikro' is none of the values"),
            ("HttpTokens=required", "HttpTokens=wanted", "MetadataOptions.HttpTokens: 'wanted' is none"),
            ("MetadataOptions.HttpTokens", "MetadataOptions.Tokens", "MetadataOptions.Tokens: the model knows no such name"),
            ("&MetadataOptions.HttpTokens=required&MetadataOptions.HttpPutResponseHopLimit=1", "&MetadataOptions=x", "has no parts"),
            ("SecurityGroupId.1", "SecurityGroupId.2", "SecurityGroupId: is a list whose items are called 2"),
            ("SecurityGroupId.1", "SecurityGroupId", "SecurityGroupId: is a list and has no parts"),
            ("ImageId=", "ImageId.1=", "ImageId: has parts"),
            ("Tag.1.Value", "Tag.1.Text", "TagSpecification.1.Tag.1.Text: the model knows no such name"),
            ("2016-11-15", "2015-10-01", "Version: 2015-10-01 is not the model's"),
        ]:
            with self.subTest(becomes=becomes, where=where):
                self.assertIn(was, LAUNCH)
                self.assertIn(where, "; ".join(of_launch(LAUNCH.replace(was, becomes))[1]))

    def test_cbor_is_held_to_the_model(self):
        self.assertEqual(of_put(), [])
        for changed, where in [
            ({"Unit": "Apples"}, "MetricData.1.Unit: 'Apples' is none of the values"),
            ({"Colour": "red"}, "MetricData.1.Colour: the model knows no such name"),
            ({"StorageResolution": "60"}, "MetricData.1.StorageResolution: '60' is no integer"),
            ({"StorageResolution": 0}, "MetricData.1.StorageResolution: 0 "),
            ({"Timestamp": 1_800_000_000}, "MetricData.1.Timestamp: 1800000000 is no timestamp"),
            ({"Values": 1.0}, "MetricData.1.Values: is no list"),
            ({"Values": [True]}, "MetricData.1.Values.1: True is no double"),
            ({"MetricName": ""}, "MetricData.1.MetricName: 0 characters"),
            ({"Dimensions": [{"Name": "Fleet"}]}, "MetricData.1.Dimensions.1.Value: is required"),
            ({"Dimensions": [{"Name": "a", "Value": "b"}] * 31}, "MetricData.1.Dimensions: 31 items"),
        ]:
            with self.subTest(changed=changed):
                self.assertIn(where, "; ".join(of_put(**changed)))

    def test_a_namespace_of_aws_itself_is_refused_by_its_pattern(self):
        faults = models.request(PUT, models.CBOR, [], cbor2.dumps({"Namespace": ":Tenfold", "MetricData": []}))[1]
        self.assertIn("Namespace: ':Tenfold' does not match", "; ".join(faults))

    def test_other_protocols_are_read_by_nobody(self):
        self.assertIn("nobody here reads the protocol query", models.request(PUT, "query", [("Action", "PutMetricData")], b"")[1][0])


class Replies(unittest.TestCase):
    def of(self, operation, inside, status=200):
        body = f"<{operation.name}Response {NAMESPACE}><requestId>1</requestId>{inside}</{operation.name}Response>"
        return "; ".join(models.reply(operation, models.EC2, status, {}, body.encode()))

    def test_what_the_model_knows_passes(self):
        instance = "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item></instancesSet></item></reservationSet>"
        self.assertEqual(self.of(DESCRIBE, instance), "")
        self.assertEqual(self.of(CONSOLE, "<timestamp>2026-01-01T00:00:00.000Z</timestamp><output>YQ==</output>"), "")
        self.assertEqual(models.reply(PUT, models.CBOR, 200, {}, b""), [])

    def test_what_it_does_not_know_is_noticed(self):
        for operation, inside, where in [
            (DESCRIBE, "<reservations/>", "reservations: the model knows no such name"),
            (DESCRIBE, "<reservationSet><member/></reservationSet>", "reservationSet.member: the model knows no such name"),
            (DESCRIBE, "<reservationSet><item><instancesSet><item><instanceType>x1</instanceType></item></instancesSet></item></reservationSet>",
             "InstanceType: 'x1' is none of the values"),
            (CONSOLE, "<output>YQ==</output><colour>red</colour>", "colour: the model knows no such name"),
        ]:
            with self.subTest(inside=inside):
                self.assertIn(where, self.of(operation, inside))

    def test_an_error_has_a_code(self):
        said = b"<Response><Errors><Error><Code>%s</Code><Message>m</Message></Error></Errors><RequestID>1</RequestID></Response>"
        self.assertEqual(models.reply(RUN, models.EC2, 400, {}, said % b"InvalidParameterValue"), [])
        self.assertEqual(models.reply(RUN, models.EC2, 400, {}, said % b""), ["it has no error's code"])


if __name__ == "__main__":
    unittest.main()
