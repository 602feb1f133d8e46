"""What reaches the engine is numbered symbols, and nothing that it could misread."""

import json
import re

from cds.rules.engine.encoding import colliding, encode
from cds.rules.engine.nets import partition
from cds.rules.engine.truth import Truth
from tests.rules.engine.compositions import all_of, any_of


def encoded(*compositions):
    return encode(partition(compositions)[-1])


def test_rules_test_one_property_for_one_and_nothing_else():
    rules = json.loads(encoded(all_of(71, 50, "not 60", 61)).shape.rules)
    sentinel = rules.pop("z")
    assert sentinel == {"all": [{"m": {"z": 1}}], "pri": 9000}
    for rule in rules.values():
        assert list(rule) == ["all"]
        for pattern in rule["all"]:
            ((alias, test),) = pattern.items()
            ((name, value),) = test.items()
            assert re.fullmatch("[a-h]", alias)
            assert re.fullmatch(r"s\d{1,3}", name)
            assert value == 1


def test_a_fact_is_the_constant_session_a_fixed_id_and_one_property():
    net = encoded(all_of(70, 50, "not 60"))
    assert [symbol for symbol, _, _ in net.inputs] == [50, 60]
    for _, holds, fails in net.inputs:
        for text in (holds, fails):
            number = re.fullmatch(r'\{"sid":"L","id":"f(\d+)","s\1":1\}', text)
            assert number, text
        assert holds != fails


def test_a_net_concludes_one_of_two_things():
    net = encoded(all_of(70, 50), any_of(71, 70, 51))
    assert set(net.conclusions.values()) == {Truth.HOLDS, Truth.FAILS}
    assert set(net.shape.gives.values()) == net.conclusions.keys()


def test_nets_that_differ_in_symbols_only_have_one_shape():
    shapes = [encoded(all_of(70, 50, "not 60")), encoded(all_of(9, 1, 2)), encoded(any_of(9, "not 1", 2))]
    assert len({net.shape.rules for net in shapes}) == 1
    assert all(net.shape == shapes[0].shape for net in shapes)
    assert encoded(all_of(9, 1, 2, 3)).shape != shapes[0].shape


def test_colliding_names_are_seen():
    assert colliding(["costarring", "liquid"])  # the pair known for FNV-1a of 32 bits
    assert not colliding(["s1", "s2", "s1"])
