import uuid

from hypothesis import given
from hypothesis import strategies as st

from cds.cards.ids import named_id, show_id


@given(st.uuids(), st.text(max_size=40))
def test_ids_are_those_of_the_standard_library(parent, name):
    assert show_id(named_id(parent.bytes, name)) == str(uuid.uuid5(parent, name))
