import threading

import pytest

from cds.access import spent
from cds.access.claims import LEEWAY, Claims
from cds.access.faults import CannotTell, TokenRefused
from cds.access.spent import SpentTokens
from tests.access.telling import NOW, Memory


def token(name="j", issuer="i", life=300.0):
    return Claims(issuer, name, None, NOW + life)


def test_it_is_noted_for_as_long_as_the_token_could_be_shown_again():
    store = Memory()
    SpentTokens([store]).spend(token(life=299.5), NOW)
    ((_, (_, seconds)),) = store.kept.items()
    assert 299.5 + LEEWAY <= seconds <= 299.5 + LEEWAY + 1
    SpentTokens([store]).spend(token("expired", life=-LEEWAY + 1), NOW)
    assert min(seconds for _, seconds in store.kept.values()) > 0


def test_neither_issuer_nor_jti_shows_in_the_store():
    store = Memory()
    SpentTokens([store]).spend(token("my-secret-id", "https://ehr.example.org"), NOW)
    (key,) = store.kept
    assert b"secret" not in key
    assert b"ehr" not in key


def test_two_issuers_may_use_the_same_jti():
    tokens = SpentTokens([Memory()])
    tokens.spend(token(issuer="a"), NOW)
    tokens.spend(token(issuer="b"), NOW)
    tokens.spend(token("x\nj", "a"), NOW)
    with pytest.raises(TokenRefused):
        tokens.spend(token(issuer="a"), NOW)


def test_the_next_store_is_asked_only_where_the_first_cannot_tell():
    first, second = Memory(), Memory()
    tokens = SpentTokens([first, second])
    tokens.spend(token("1"), NOW)
    assert (len(first.kept), len(second.kept)) == (1, 0)
    first.away = True
    tokens.spend(token("2"), NOW)
    assert (len(first.kept), len(second.kept)) == (1, 1)
    second.away = True
    with pytest.raises(CannotTell):
        tokens.spend(token("3"), NOW)


class Late(Memory):
    """Answers from the third time on, as a server does to which a first connection takes long."""

    asked = 0

    def put_new(self, key, value, seconds):
        self.asked += 1
        return super().put_new(key, value, seconds) if self.asked > 2 else None


def test_every_store_is_asked_before_calls_come_until_it_answers():
    first, second = Late(), Memory()
    assert SpentTokens([first, second]).warm(5)
    assert first.asked == 3
    assert len(second.kept) == 1


def test_a_store_that_stays_away_holds_up_no_start_for_long():
    first, second = Memory(), Memory()
    first.away = True
    clock = iter(range(100))
    assert SpentTokens([first, second]).warm(3, lambda: next(clock))
    assert next(clock) < 10
    second.away = True
    assert not SpentTokens([first, second]).warm(0)


def test_a_token_noted_while_the_first_was_away_is_not_let_in_by_it_when_it_is_back():
    first, second = Memory(), Memory()
    here, there = SpentTokens([first, second]), SpentTokens([first, second])  # two workers
    first.away = True
    for number, tokens in enumerate((here, there)):
        tokens.spend(token(str(number)), NOW)
    first.away = False
    with pytest.raises(TokenRefused):
        there.spend(token("0"), NOW)
    there.spend(token("2"), NOW)
    assert len(second.kept) == 3


def test_when_no_token_noted_in_the_second_store_is_alive_it_is_no_longer_asked():
    first, second = Memory(), Memory()
    tokens = SpentTokens([first, second])
    first.away = True
    tokens.spend(token("1"), NOW)
    first.away, later = False, NOW + 300 + LEEWAY + 2
    tokens.spend(Claims("i", "2", None, later + 300), later)
    assert len(second.kept) == 1


def test_a_second_store_that_is_away_again_keeps_nobody_out_whom_the_first_lets_in():
    first, second = Memory(), Memory()
    tokens = SpentTokens([first, second])
    first.away = True
    tokens.spend(token("1"), NOW)
    first.away, second.away = False, True
    tokens.spend(token("2"), NOW)
    with pytest.raises(TokenRefused):
        tokens.spend(token("1"), NOW)


def test_without_a_store_nobody_can_tell():
    with pytest.raises(CannotTell):
        SpentTokens([]).spend(token(), NOW)


def test_a_store_that_forgot_does_not_admit_a_token_to_the_same_process_again():
    store = Memory()
    tokens = SpentTokens([store])
    tokens.spend(token(), NOW)
    store.kept.clear()
    with pytest.raises(TokenRefused):
        tokens.spend(token(), NOW)


def test_what_a_process_remembers_is_bounded(monkeypatch):
    monkeypatch.setattr(spent, "_MOST", 10)
    tokens = SpentTokens([Memory()])
    for number in range(50):
        tokens.spend(token(str(number)), NOW)
    assert len(tokens._own._keys) == 10


def test_of_many_threads_with_one_token_one_is_let_in():
    class Slow(Memory):
        def __init__(self):
            super().__init__()
            self.lock = threading.Lock()

        def put_new(self, key, value, seconds):
            with self.lock:
                return super().put_new(key, value, seconds)

    tokens, outcomes = SpentTokens([Slow()]), []

    def use():
        try:
            tokens.spend(token(), NOW)
            outcomes.append("in")
        except TokenRefused:
            outcomes.append("out")

    threads = [threading.Thread(target=use) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in"] + ["out"] * 15
