"""Each act of the log of activations gets a seal; those of the past are sealed as they stand now."""

import sqlalchemy as sa
from alembic import op

from cds.records.activation_chain import seals_of
from cds.records.entry import Entry
from cds.records.tables import ACTIVATION

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and seal the past."""
    table = op.create_table(
        "activation_seal",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("seal", sa.String(64), nullable=False),
    )
    columns = list(Entry.__dataclass_fields__)
    rows = op.get_bind().execute(
        sa.select(*(ACTIVATION.c[name] for name in columns)).order_by(ACTIVATION.c.number, ACTIVATION.c.position)
    )
    seals = seals_of([Entry(**dict(zip(columns, row, strict=True))) for row in rows])
    if seals:
        op.bulk_insert(table, [{"number": number, "seal": seal} for number, seal in seals.items()])
