"""The template keeps every rule, and every rule can be broken: each mutation must be noticed by the rule that stands beside it."""

import re
import unittest

import connections
import keys
import machines
import network
import permissions
import template
from mutations import MUTATIONS

RULES = permissions.RULES + network.RULES + machines.RULES + keys.RULES + connections.RULES
# What CloudFormation takes without a bucket to put the template into.
MOST_BYTES = 51_200


class TheTemplate(unittest.TestCase):
    def test_keeps_every_rule(self):
        for rule in RULES:
            with self.subTest(rule=rule.__name__):
                self.assertEqual(rule(template.read()), [])

    def test_is_short_enough(self):
        self.assertLess(template.PATH.stat().st_size, MOST_BYTES)

    def test_has_no_aliases(self):
        """YAML knows them and CloudFormation does not."""
        self.assertEqual(re.findall(r"(?m)(?:[:,\[-] )[&*][A-Za-z][\w-]*", template.PATH.read_text()), [])

    def test_knows_no_account_and_no_region(self):
        text = template.PATH.read_text()
        self.assertEqual(re.findall(r"\b\d{12}\b|\b(?:us|eu|ap|sa|ca|af|me)-[a-z]+-\d\b|arn:aws:", text), [])


class TheRules(unittest.TestCase):
    def test_notice_every_mutation(self):
        for what, mutate, rule in MUTATIONS:
            with self.subTest(mutation=what, rule=rule.__name__):
                spoilt = template.read()
                mutate(spoilt)
                self.assertNotEqual(spoilt, template.read(), "the mutation changes nothing")
                self.assertNotEqual(rule(spoilt), [], "nobody noticed")

    def test_can_each_be_broken(self):
        tripped = {rule for _, _, rule in MUTATIONS}
        self.assertEqual([rule.__name__ for rule in RULES if rule not in tripped], [])


if __name__ == "__main__":
    unittest.main()
