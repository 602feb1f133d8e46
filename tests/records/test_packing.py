import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.records import packing
from cds.records.packing import packed, unpacked


@given(st.binary(max_size=2000))
def test_what_is_packed_is_unpacked_by_the_standard_library(content):
    assert unpacked(packed(content)) == zlib.decompress(packed(content)) == content


def test_without_the_fast_library_the_same_format_is_written(monkeypatch):
    monkeypatch.setattr(packing, "_fast", None)
    content = b'{"resourceType": "Condition"}' * 50
    assert unpacked(packed(content)) == content
    assert len(packed(content)) < len(content) / 5


def test_what_was_not_packed_is_told():
    with pytest.raises(ValueError, match="not packed"):
        unpacked(b"rubbish")
