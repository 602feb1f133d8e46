"""The tables, as the code sees them. How a database gets them: ``migrations``.

What stands in columns are ids, versions, codes and times: what counts and joins need. Everything of the patient
(facts, the answer with its references and values, comments) is in ``sealed``, which the keys open.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

METADATA = MetaData()


class Instant(TypeDecorator[datetime]):
    """An aware instant, in UTC. SQLite has no zones: there it is written without and read back with."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware only: a naive datetime is a mistake of the caller's."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """In UTC, whatever the database's session is set to."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _name_of_record() -> tuple[Column[str], Column[int]]:
    """Stream and number: who wrote it, and the how-manieth it was. Shipping one twice changes nothing."""
    return Column("stream", String(32), primary_key=True), Column("seq", BigInteger, primary_key=True)


#: One hook instance with the same facts: what retries share. The answer recorded first is the decision's own.
DECISION = Table(
    "decision",
    METADATA,
    Column("id", String(36), primary_key=True),
    Column("client", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("hook_instance", String(36), nullable=False, index=True),
    Column("first_stream", String(32), nullable=False),
    Column("first_seq", BigInteger, nullable=False),
)

#: One answer that left, or was about to; any but the decision's first is a retry.
ANSWER = Table(
    "answer",
    METADATA,
    *_name_of_record(),
    Column("decision", String(36), ForeignKey("decision.id"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("zone", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False, index=True),
    Column("build", Text, nullable=False),
    Column("pinned", Boolean, nullable=False),
    Column("cached", Boolean, nullable=False),
    Column("rulesets", JSON, nullable=False),
    Column("left_open", JSON, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

#: A card of an answer, in the order shown. Retries repeat the uuid.
CARD = Table(
    "card",
    METADATA,
    *_name_of_record(),
    Column("position", Integer, primary_key=True),
    Column("uuid", String(36), nullable=False, index=True),
    Column("ruleset", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    ForeignKeyConstraint(["stream", "seq"], ["answer.stream", "answer.seq"]),
)

#: One call to a feedback endpoint; ``sealed`` holds the comments.
FEEDBACK_CALL = Table(
    "feedback_call",
    METADATA,
    *_name_of_record(),
    Column("client", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

#: What became of one card. Whether the card is known is a question to ``card``: its answer may arrive later.
FEEDBACK = Table(
    "feedback",
    METADATA,
    *_name_of_record(),
    Column("position", Integer, primary_key=True),
    Column("client", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("card", Text, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("outcome_at", Instant, nullable=False),
    Column("accepted", JSON, nullable=False),
    Column("reason_code", Text),
    Column("reason_system", Text),
    ForeignKeyConstraint(["stream", "seq"], ["feedback_call.stream", "feedback_call.seq"]),
    UniqueConstraint("client", "service", "card", "outcome", "outcome_at", name="feedback_once"),
)

#: What a version in the shadow would have said to a decision; ``sealed`` holds its cards. ``fault`` is "" where it was
#: judged; ``against``: the pinned address of what answered, "" where nothing did.
SHADOW = Table(
    "shadow",
    METADATA,
    *_name_of_record(),
    Column("decision", String(36), nullable=False, index=True),
    Column("service", Text, nullable=False),
    Column("ruleset", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("pinned_address", Text, nullable=False, index=True),
    Column("against", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("moment_pinned", Boolean, nullable=False),
    Column("fault", Text, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

#: A card of a shadow against what was shown: ``same``, ``gained``, ``lost``, ``reworded``; or ``unknown``: a rule of it
#: that nobody could tell.
SHADOW_CHANGE = Table(
    "shadow_change",
    METADATA,
    *_name_of_record(),
    Column("position", Integer, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("change", Text, nullable=False),
    ForeignKeyConstraint(["stream", "seq"], ["shadow.stream", "shadow.seq"]),
)

#: What was made live, one act after another: what is live is what its rows say, read in order. Rows are never changed.
ACTIVATION = Table(
    "activation",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),  # of the act: 1, 2, 3, without gaps
    Column("position", Integer, primary_key=True, autoincrement=False),  # of the row in the act
    Column("act", Text, nullable=False),
    Column("service", Text, nullable=False),  # "": every service
    Column("ruleset", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("share", Integer, nullable=False),
    Column("site", JSON, nullable=False),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("undoes", BigInteger),
)

#: By act, the seal over its rows and the seal of the act before (``activation_chain``).
ACTIVATION_SEAL = Table(
    "activation_seal",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("seal", String(64), nullable=False),
)

#: A key that may be used once, and until when it is remembered (seconds since 1970).
SPENT_KEY = Table(
    "spent_key",
    METADATA,
    Column("key", String(80), primary_key=True),
    Column("until", BigInteger, nullable=False, index=True),
)

#: A call that was let in and got no answer, or several in a row of one kind (``calls``): nothing of a patient.
REFUSAL = Table(
    "refusal",
    METADATA,
    *_name_of_record(),
    Column("position", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("call", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("fault", Text, nullable=False),
    Column("hook_instance", String(36), index=True),
    Column("calls", Integer, nullable=False),
)
