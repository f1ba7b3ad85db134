"""docs/upgrading.md: the previous release works on the migrated database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.fields import NOT_PROVIDED

BASELINE = 9
"""Migrations up to here are of the time before the first release."""
LARGE = frozenset({"import", "importinput", "importproblem", "score", "personalbest", "session", "orphanscore"})
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
TAKES_AWAY_IN_SQL = re.compile(
    r"DROP\s+(COLUMN|TABLE)|RENAME\s+(COLUMN|TO)|ALTER\s+COLUMN\s+\w+\s+(SET\s+DATA\s+)?(TYPE|SET\s+NOT\s+NULL)"
    r"|ALTER\s+TABLE\s+\w+\s+RENAME\s+(?!CONSTRAINT)",
    re.IGNORECASE,
)
GONE_SINCE: frozenset[tuple[str, str]] = frozenset()
"""(migration, column or table) that the release before did not name any more: what may go."""


def flat(operations: Sequence[Operation]) -> Iterator[Operation]:
    """What is really done to the database."""
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from flat(operation.database_operations)
        else:
            yield operation


def refused(name: str, operation: Operation) -> str:
    """Why the release before would not stand this, or stand still meanwhile; empty when it is fine."""
    model = str(getattr(operation, "model_name_lower", ""))
    if isinstance(operation, TAKES_AWAY):
        what = str(getattr(operation, "name", "") or getattr(operation, "old_name", ""))
        return "" if (name, what) in GONE_SINCE else "takes away what the release before still uses"
    if isinstance(operation, migrations.AddField):
        field = operation.field
        has_own = field.null or field.many_to_many or field.db_default is not NOT_PROVIDED or field.generated
        return "" if has_own else "adds a column that the release before cannot fill: give it a db_default"
    if isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexConcurrently):
        return "builds an index while nobody may write: AddIndexConcurrently" if model in LARGE else ""
    if isinstance(operation, migrations.AddConstraint) and not isinstance(operation, AddConstraintNotValid):
        is_check = isinstance(operation.constraint, models.CheckConstraint)
        return "reads a whole large table under a lock: AddConstraintNotValid" if is_check and model in LARGE else ""
    if isinstance(operation, migrations.RunSQL) and TAKES_AWAY_IN_SQL.search(str(operation.sql)):
        return "takes away or retypes in SQL what the release before still uses"
    return ""


def test_migrations_are_compatible_with_the_previous_release() -> None:
    ours = MigrationLoader(None).disk_migrations
    after = {name: found for (app, name), found in ours.items() if app == "imports" and int(name[:4]) > BASELINE}

    problems = {
        f"{name}: {operation.describe()}": why
        for name, found in sorted(after.items())
        for operation in flat(found.operations)
        if (why := refused(name, operation))
    }

    assert problems == {}


text = models.TextField


@pytest.mark.parametrize(
    ("operation", "is_refused"),
    [
        (migrations.AddField("import", "note", text(default="")), True),
        (migrations.AddField("import", "note", text(db_default="")), False),
        (migrations.AddField("import", "note", text(null=True)), False),
        (migrations.RemoveField("import", "note"), True),
        (migrations.RenameField("import", "note", "text"), True),
        (migrations.DeleteModel("Import"), True),
        (migrations.AddIndex("import", models.Index("state", name="i")), True),
        (migrations.AddIndex("apitoken", models.Index("digest", name="i")), False),
        (AddIndexConcurrently("import", models.Index("state", name="i")), False),
        (RemoveIndexConcurrently("import", "i"), False),
        (migrations.AddConstraint("score", models.CheckConstraint(condition=models.Q(pk=1), name="c")), True),
        (AddConstraintNotValid("score", models.CheckConstraint(condition=models.Q(pk=1), name="c")), False),
        (migrations.RunSQL("ALTER TABLE imports_import DROP COLUMN note"), True),
        (migrations.RunSQL("ALTER TABLE imports_import RENAME COLUMN note TO text"), True),
        (migrations.RunSQL("ALTER TABLE imports_import RENAME CONSTRAINT a TO b"), False),
        (migrations.RunSQL("DROP INDEX imports_import_user_id"), False),
    ],
    ids=lambda value: value.describe() if isinstance(value, Operation) else "",
)
def test_operations_that_break_the_previous_release_are_detected(operation: Operation, *, is_refused: bool) -> None:
    assert bool(refused("0010_any", operation)) == is_refused
