"""Reading a tree: hints name the word that was meant, and never cost more than they are worth."""

import time

import pytest

from cds.documents.problem import Location
from cds.documents.reader import Reader, did_you_mean
from cds.documents.yaml_tree import Text


@pytest.mark.parametrize(
    ("word", "words", "hint"),
    [
        ("whne", ["when", "unless"], 'did you mean "when"?'),
        ("zzz", ["when", "unless"], "one of: unless, when"),
        ("zzz", [], ""),
        ("zzz", [f"word-{n}" for n in range(25)], ""),
        ("", ["when"], "one of: when"),
    ],
)
def test_a_hint_names_the_closest_word_or_the_few_there_are(word, words, hint):
    assert did_you_mean(word, words) == hint


def test_a_hint_among_thousands_of_words_or_for_an_endless_one_is_not_looked_for():
    started = time.process_time()
    assert did_you_mean("word-x", [f"word-{n}" for n in range(5000)]) == ""
    assert did_you_mean("x" * 10**6, ["x" * 10**6 + "y"] * 2).startswith("one of: ")
    assert time.process_time() - started < 1


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("no", False)])
def test_yes_and_no_are_the_only_truths(text, value):
    assert Reader("f").yes_no(Text(text, Location("f")), "x", default=not value) is value
    reader = Reader("f")
    assert reader.yes_no(Text("True", Location("f", 3, 4)), "x", default=value) is value
    assert [(p.code, str(p.location)) for p in reader.problems] == [("CDS113", "f:3:4")]
