"""The first tables: runs, who handed in what, results, steps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.Text),
        *_texts("command", "settings", "grader", "torch", "rubric", "data", "salt", "source"),
        sqlite_autoincrement=True,
    )
    op.create_table("exports", _run(key=True), *_texts("layout", "said"))
    op.create_table(
        "handins",
        _run(key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        *_texts("key", "record"),
        sa.UniqueConstraint("run", "key", name="one_handin_a_key"),
    )
    op.create_table(
        "people",
        _run(key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text),
        *_texts("name", "email", "id", "user", "section"),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.Integer, primary_key=True),
        _run(),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("saved", sa.DateTime(timezone=True), nullable=False),
        *_texts("submission", "rubric", "data", "grader", "settings", "state", "cut"),
        *(
            sa.Column(name, sa.Float, nullable=False)
            for name in ("score", "max_score", "manual_points", "error_points")
        ),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("results_of_a_key", "results", ["key"])
    op.create_index("results_of_a_submission", "results", ["submission", "rubric"])
    op.create_table(
        "steps",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("saved", sa.DateTime(timezone=True), nullable=False),
        _run(),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _run(*, key: bool = False) -> sa.Column[int]:
    return sa.Column("run", sa.Integer, sa.ForeignKey("runs.number"), primary_key=key, nullable=False)
