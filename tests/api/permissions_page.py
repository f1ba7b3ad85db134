"""The tables of docs/permissions.md, generated from the table of endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.api.endpoint import Endpoint
from tests.api.endpoints import GROUPED

PAGE = Path(__file__).parents[2] / "docs/permissions.md"
BEGIN = "<!-- tables: WRITE_PAGES=1 pytest tests/api/test_every_endpoint.py -k page -->"
END = "<!-- end of tables -->"
COLUMNS = {
    "guest": ("a guest",),
    "bad token": ("a bad token",),
    "token without": ("the owner's token without the permission",),
    "another user": ("another user's session", "another user's token"),
    "owner, token": ("the owner's token",),
    "owner, browser": ("the owner's session",),
    "moderator": ("a moderator's session", "a moderator's token"),
    "administrator, browser": ("an administrator's session",),
    "administrator, token": ("an administrator's token", "an administrator's token without the permission"),
    "banned": ("a banned user's session", "a banned user's token"),
}
"""Columns of the page -> callers. If their responses differ the cell shows both."""


def with_tables(page: str) -> str:
    """Returns the page with up-to-date tables."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


def tables() -> str:
    return "\n\n".join(f"### {title}\n\n{_table(endpoints)}" for title, endpoints in GROUPED.items())


def _table(endpoints: Sequence[Endpoint]) -> str:
    head = ["request", "permission", *COLUMNS]
    rows = [head, ["---"] * len(head), *map(_row, endpoints)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(endpoint: Endpoint) -> list[str]:
    actual = endpoint.expected()
    cells = [" · ".join(dict.fromkeys(str(actual[name][0]) for name in names)) for names in COLUMNS.values()]
    return [f"`{endpoint.name}`", f"`{endpoint.permission}`" if endpoint.permission else "", *cells]
