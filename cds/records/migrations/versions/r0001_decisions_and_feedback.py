"""Decisions, answers, cards and feedback: the first tables."""

import sqlalchemy as sa
from alembic import op

from cds.records.tables import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "decision",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("hook", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.String(36), nullable=False, index=True),
        sa.Column("first_stream", sa.String(32), nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "answer",
        sa.Column("stream", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("decision", sa.String(36), sa.ForeignKey("decision.id"), nullable=False, index=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False, index=True),
        sa.Column("build", sa.Text, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("cached", sa.Boolean, nullable=False),
        sa.Column("rulesets", sa.JSON, nullable=False),
        sa.Column("left_open", sa.JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "card",
        sa.Column("stream", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("uuid", sa.String(36), nullable=False, index=True),
        sa.Column("ruleset", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["stream", "seq"], ["answer.stream", "answer.seq"]),
    )
    op.create_table(
        "feedback_call",
        sa.Column("stream", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("stream", sa.String(32), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False, index=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("outcome_at", Instant, nullable=False),
        sa.Column("accepted", sa.JSON, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason_system", sa.Text),
        sa.ForeignKeyConstraint(["stream", "seq"], ["feedback_call.stream", "feedback_call.seq"]),
        sa.UniqueConstraint("client", "service", "card", "outcome", "outcome_at", name="feedback_once"),
    )
