"""How a database gets the tables, step by step (Alembic). A step that was released is never edited."""
