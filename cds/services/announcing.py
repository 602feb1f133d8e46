"""Announcing that something was made live, over Redis: it shortens the wait until everybody looks at the database.

Nothing depends on it. Where Redis is away, slow or restarted, whoever follows looks by itself every few seconds. The
message says nothing; it is the database that says what is live.
"""

import threading
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

CHANNEL = "cds:activation"
#: Seconds to connect and to be answered.
_PATIENCE = 0.5
_FAULTS = (RedisError, OSError, ValueError)


def announce(url: str) -> int | None:
    """Tell everybody who listens; how many that were, None where the server does not answer."""
    try:
        with _client(url) as client:
            return int(client.publish(CHANNEL, b"1"))
    except _FAULTS:
        return None


class Announcements:
    """Waits for announcements, or for time to pass. For one thread; connects when first asked, never before.

    url: None where there is no server: then only time passes.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._ended = threading.Event()
        self._listening: Any = None
        self._retry = 0

    @property
    def is_heard(self) -> bool:
        """Whether a server is listened to just now."""
        return self._listening is not None

    def wait(self, seconds: float) -> bool:
        """Wait until something is announced, or so many seconds; False once :meth:`end` was called."""
        try:
            listening = self._listen()
            if listening is None:
                self._ended.wait(seconds)
            else:
                listening.get_message(ignore_subscribe_messages=True, timeout=seconds)
        except _FAULTS:
            self._let_go()
            self._ended.wait(seconds)
        return not self._ended.is_set()

    def end(self) -> None:
        """Wait no more (at the latest when the present wait is over)."""
        self._ended.set()

    def _listen(self) -> Any:
        if self._listening is None and self._url is not None:
            listening = _client(self._url).pubsub()  # type: ignore[no-untyped-call]
            listening.subscribe(CHANNEL)
            self._listening = listening
        return self._listening

    def _let_go(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            try:
                listening.close()
            except _FAULTS:
                return


def _client(url: str) -> "redis.Redis":
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=_PATIENCE,
        socket_timeout=_PATIENCE,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )
