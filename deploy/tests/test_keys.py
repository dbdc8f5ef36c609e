"""What the rules of keys.py rest on besides the template: the sources and the guide."""

import unittest

import keys
import template

A_THIRD = """
const NAME: &str = "TENFOLD_THIRD_KEY";
static KIND: KeyKind = KeyKind {
    noun: "a third key",
    variable: NAME,
    file: "third.key",
};
#[cfg(test)]
mod tests {
    static KIND: KeyKind = KeyKind {
        variable: "TENFOLD_NO_SUCH_KEY",
    };
}
"""


class TheKeys(unittest.TestCase):
    def test_are_those_of_the_programs(self):
        self.assertEqual(keys.kinds(), ["TENFOLD_MASTER_KEY", "TENFOLD_TOKEN_KEY"])

    def test_are_found_in_a_source_but_not_in_its_tests(self):
        self.assertEqual(list(keys.kinds_in(A_THIRD)), ["TENFOLD_THIRD_KEY"])

    def test_a_kind_that_the_template_does_not_know_is_noticed_by_each_rule(self):
        known = keys.kinds
        self.addCleanup(setattr, keys, "kinds", known)
        keys.kinds = lambda: known() + ["TENFOLD_THIRD_KEY"]
        for rule in keys.RULES:
            with self.subTest(rule=rule.__name__):
                self.assertTrue(any("TENFOLD_THIRD_KEY" in fault for fault in rule(template.read())))

    def test_a_way_back_that_forgets_one_is_noticed(self):
        guide = keys.GUIDE.read_text()
        for name in ("MasterKeyArn", "TokenKeyArn"):
            with self.subTest(output=name):
                spoilt = guide.replace(f"`{name}`", "`Host`")
                self.assertFalse(spoilt == guide, "the guide does not name it")
                self.assertNotEqual(keys.every_key_is_found_again(template.read(), spoilt), [])


if __name__ == "__main__":
    unittest.main()
