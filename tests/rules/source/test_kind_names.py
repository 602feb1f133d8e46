"""A kind of fact with a letter too many is taken for a definition: the hint knows the kinds too."""

from tests.rules.source.written import assert_told


def test_a_kind_of_fact_that_is_misspelt_is_named():
    old = 'latest-k: {says: "Most recent potassium within {result-age}", latest: lab,'
    new = "§" + old.replace("latest: lab,", "latest: labs,")
    assert_told("CDS205", old, new, 'no definition is called "labs"', 'did you mean "lab"? (a kind of fact)')
