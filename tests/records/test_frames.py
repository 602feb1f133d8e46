import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.records.frames import PREAMBLE_BYTES, Damaged, Kind, pack, preamble, stream_of, unpack

STREAM = "0123456789abcdef" * 2
records = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=40), st.binary(max_size=60)), max_size=5)


def packed(told):
    return [pack(seq, kind, clear, sealed) for seq, (kind, clear, sealed) in enumerate(told)]


def read(content):
    return [(frame.seq, frame.kind, frame.clear, frame.sealed) for frame, _ in unpack(STREAM, content)]


def expected(told):
    return [(seq, *each) for seq, each in enumerate(told)]


@given(records)
def test_what_is_packed_is_read_with_its_place(told):
    content = b"".join(packed(told))
    assert read(content) == expected(told)
    ends = [end for _, end in unpack(STREAM, content, 100)]
    assert ends[-1:] == ([100 + len(content)] if told else [])


@given(records, st.data())
def test_a_torn_end_costs_the_torn_record_and_no_other(told, data):
    frames = packed(told)
    content = b"".join(frames)
    cut = data.draw(st.integers(0, len(content)))
    whole = next((n for n in range(len(frames) + 1) if len(b"".join(frames[: n + 1])) > cut), len(frames))
    assert read(content[:cut]) == expected(told)[:whole]


@given(records, st.data())
def test_a_changed_byte_never_makes_a_record_that_was_not_written(told, data):
    content = bytearray(b"".join(packed(told)))
    if not content:
        return
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    found = []
    try:
        for frame, _ in unpack(STREAM, bytes(content)):
            found.append((frame.seq, frame.kind, frame.clear, frame.sealed))
    except Damaged:
        pass  # it is told; what came before it is whole
    assert found == expected(told)[: len(found)]
    assert len(found) < len(told)


def test_a_file_names_its_stream_and_anything_else_is_damage():
    assert len(preamble(STREAM)) == PREAMBLE_BYTES
    assert stream_of(preamble(STREAM)) == STREAM
    for other in (b"", preamble(STREAM)[:-1], b"x" * PREAMBLE_BYTES):
        with pytest.raises(Damaged):
            stream_of(other)


def test_a_repr_does_not_show_what_is_sealed():
    ((frame, _),) = unpack(STREAM, pack(0, Kind.ANSWER, b"{}", b"warfarin"))
    assert "warfarin" not in repr(frame)
