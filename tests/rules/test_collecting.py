import gc
import weakref

import pytest

from cds.rules.collecting import collector_paused


def test_the_collector_rests_inside_and_works_again_afterwards():
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_works_again_after_a_fault():
    with pytest.raises(ValueError, match="broken"), collector_paused():
        raise ValueError("broken")
    assert gc.isenabled()


def test_who_works_without_it_keeps_working_without_it():
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_made_inside_is_still_collected_when_nobody_holds_it():
    class Ring:
        pass

    with collector_paused():
        ring = Ring()
        ring.itself = ring
        seen = weakref.ref(ring)
        del ring
    gc.collect()
    assert seen() is None
    assert gc.get_freeze_count() == 0
