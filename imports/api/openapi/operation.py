"""One operation of the API in words: what the tables of this folder are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from imports.models import Permission

Schema = dict[str, Any]
Refusals = Mapping[int, Sequence[str]]
"""Status -> descriptions, as they are answered; `…` stands for what differs."""


class Who(Enum):
    """Who may ask."""

    ANYBODY = auto()
    SIGNED_IN = auto()  # by a token or in a browser
    IN_A_BROWSER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A parameter of a query, or a header."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    required: bool = False
    is_header: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """`told` is the description of the success, `body` the type of its body, or a tuple of the types it may be.

    `sends`: media type -> type, or schema, of a request's body. `files`: media types of answers that are files.
    """

    name: str
    summary: str
    told: str
    body: Any
    status: int = 200
    note: str = ""
    who: Who = Who.ANYBODY
    asks: Permission | None = None
    query: Sequence[Query] = ()
    sends: Mapping[str, Any] = field(default_factory=dict)
    must_send: bool = False
    refusals: Refusals = field(default_factory=dict)
    files: Sequence[str] = ()
    is_paged: bool = False
    is_polled: bool = False
    reads_bodies: bool = True


Table = Mapping[str, Operation]
"""`GET /api/v1/…` -> operation."""

# --- what many of them have in common -----------------------------------------------------------------

JSON = "application/json"
FORM = "multipart/form-data"


def limit(most: int) -> Query:
    return Query(
        name="limit",
        description="How many are listed at once.",
        schema={"type": "integer", "minimum": 1, "maximum": most},
    )


CURSOR = Query(name="cursor", description="Where the page begins: `X-Next-Cursor` of the page before.")


def pages(most: int) -> tuple[Query, Query]:
    return CURSOR, limit(most)


NOT_A_PAGE = (
    "[cursor] Expected the cursor of another answer of this list. (Received …)",
    "[limit] Expected an integer …",
)


def search(description: str = "What to look for.", **more: Any) -> Query:
    return Query(name="search", description=description, required=True, **more)


def choice(name: str, description: str, *values: str) -> Query:
    return Query(name=name, description=description, schema={"type": "string", "enum": list(values)})


def flag(name: str, description: str) -> Query:
    return choice(name, description, "true", "false")


def switch(name: str, description: str) -> Query:
    """An option that is on wherever it is named, whatever its value."""
    return Query(name=name, description=f"{description} On wherever it is there, whatever its value.")


ALG = Query(name="alg", description="Which rating; the game's own if it is not named.")
SESSIONS = Query(
    name="sessions",
    description="Sessions that are told; 30 if not said.",
    schema={"type": "integer", "minimum": 10, "maximum": 100},
)
START_TIME = Query(
    name="startTime", description="Only what was before it. Unix milliseconds.", schema={"type": "number"}
)
NO_START_TIME = "Invalid startTime, got a non number."

NO_USER = "The user … does not exist."
ME = "Cannot use 'me' userID with no authentication."
SOMEBODYS: Refusals = {401: [ME], 404: [NO_USER]}
"""Under /users/:userID."""
ON_A_GAME: Refusals = {
    400: ["The game … is not supported.", "The game … does not have a playtype called ….", *NOT_A_PAGE],
    401: [ME],
    404: [NO_USER, "The user … has not played … (…)"],
}
"""Under /users/:userID/games/:game/:playtype."""
GAMES: Refusals = {
    400: ["Invalid/unsupported game … - Expected any of …", "The playtype … is not supported.", *NOT_A_PAGE]
}
"""Under /games."""


def also(refusals: Refusals, more: Refusals) -> Refusals:
    """Both."""
    return {status: [*refusals.get(status, ()), *more.get(status, ())] for status in {**refusals, **more}}
