"""Texts with placeholders: what is one, what is a brace, and what is neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.rules.text_template import Placeholder, Unreadable, parse_text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ()),
        ("plain", ("plain",)),
        ("{egfr}", (Placeholder("egfr", written="{egfr}"),)),
        ("a {egfr.value} b", ("a ", Placeholder("egfr", "value", written="{egfr.value}"), " b")),
        ("{it.daily-dose}", (Placeholder("it", "daily-dose", written="{it.daily-dose}"),)),
        ("{it.opioids.factor_1}", (Placeholder("it", "opioids.factor_1", written="{it.opioids.factor_1}"),)),
        ("{o.count|order|orders}", (Placeholder("o", "count", "order", "orders", "{o.count|order|orders}"),)),
        ("{o.count||s}", (Placeholder("o", "count", "", "s", "{o.count||s}"),)),
        ("{{egfr}}", ("{", "egfr", "}")),
        ("{{{egfr}}}", ("{", Placeholder("egfr", written="{egfr}"), "}")),
        ("{", (Unreadable("{"),)),
        ("a } b", ("a ", Unreadable("}"), " b")),
        ("{}", (Unreadable("{}"),)),
        ("{Egfr}", (Unreadable("{Egfr}"),)),
        ("{eg fr}", (Unreadable("{eg fr}"),)),
        ("{egfr.}", (Unreadable("{egfr.}"),)),
        ("{egfr|one}", (Unreadable("{egfr|one}"),)),
        ("{egfr\n}", (Unreadable("{egfr\n}"),)),
    ],
)
def test_a_text_is_parsed_into_its_pieces(text, pieces):
    assert parse_text(text) == pieces


@given(st.text(alphabet="{}ab.|- \n", max_size=30) | st.text(max_size=30))
def test_no_character_of_a_text_is_lost(text):
    pieces = [piece if isinstance(piece, str) else piece.written for piece in parse_text(text)]
    assert (
        "".join(
            p * 2 if p in ("{", "}") and isinstance(q, str) else p
            for p, q in zip(pieces, parse_text(text), strict=True)
        )
        == text
    )


@given(st.text(max_size=30).filter(lambda text: "{" not in text and "}" not in text))
def test_a_text_without_braces_is_itself(text):
    assert "".join(parse_text(text)) == text
