"""How a database of an earlier version of the store becomes one of this version: Alembic's folder."""
