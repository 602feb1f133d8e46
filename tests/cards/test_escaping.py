"""What a record says is shown as text: it formats nothing, links nowhere and hides nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.cards.escaping import cut, cut_words, markdown_text, plain_text

#: Bidirectional controls, zero-width and other characters that nobody sees; the first two of ASCII.
HIDDEN = (
    "\x00\x1b\x7f\x85\xad\u061c\u180e\u200b\u200d\u200e\u200f\u2028\u2029\u202a\u202e\u2060\u2066\u2069\ufeff\U000e0041"
)
nasty = st.text(
    st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("<>&[]()*_`~|#\\!@:/.\n\r\t" + HIDDEN)),
    max_size=60,
)


@given(nasty)
def test_nothing_in_a_text_from_the_record_is_markdown_or_html(text):
    shown = markdown_text(text)
    assert not re.search(r"[<>]", shown)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|~]", shown)
    assert not re.search(r"://|@|www\.", shown, re.IGNORECASE)
    assert not re.search(r"&(?!amp;|lt;|gt;|#58;|#64;|#46;)", shown)


@given(nasty)
def test_no_character_is_hidden_and_everything_is_on_one_line(text):
    for shown in (plain_text(text), markdown_text(text)):
        assert not set(shown) & {*HIDDEN, "\n", "\r", "\t"}
        assert shown == shown.strip()


@given(nasty)
def test_nothing_readable_is_lost(text):
    """Unescaped again, a detail shows the letters and digits of the record, in their order."""
    shown = re.sub(r"\\([\\`*_\[\]#|~])", r"\1", markdown_text(text))
    for entity, character in (
        ("&#58;", ":"),
        ("&#64;", "@"),
        ("&#46;", "."),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ):
        shown = shown.replace(entity, character)

    def letters(written):
        return [character for character in written if character.isalnum() and character.isascii()]

    assert letters(shown) == letters(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[click](https://evil.example)", r"\[click\](https&#58;//evil.example)"),
        ("![x](//evil.example/x.png)", r"!\[x\](//evil.example/x.png)"),
        ("**bold** _it_ `code` ~~no~~", r"\*\*bold\*\* \_it\_ \`code\` \~\~no\~\~"),
        ("# heading\n- item", r"\# heading - item"),
        ("a | b", r"a \| b"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("WWW.evil.example", "WWW&#46;evil.example"),
        ("someone@evil.example", "someone&#64;evil.example"),
        ("warfarin\u202e5 MG", "warfarin 5 MG"),
        (r"\[x\](y)", r"\\\[x\\\](y)"),
    ],
)
def test_known_attacks_become_text(text, shown):
    assert markdown_text(text) == shown


def test_a_summary_has_no_tags_even_where_a_client_shows_html():
    assert plain_text("<b>warfarin</b>\u202e") == "‹b›warfarin‹/b›"


@given(nasty, st.integers(2, 50))
def test_a_cut_text_is_never_longer_and_says_that_it_was_cut(text, length):
    assert len(cut(text, length)) <= length
    assert cut(text, length) == text or cut(text, length).endswith("…")


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30), st.integers(10, 60))
def test_a_cut_between_words_never_leaves_half_a_number(numbers, length):
    text = " ".join(map(str, numbers))
    shown = cut_words(text, length)
    assert len(shown) <= length
    assert set(shown.removesuffix("…").split()) <= set(text.split())
