"""Parameters of queries, headers and JSON bodies. One declaration serves both validation and the API's description.

`Fields` are strict: other members are refused. A single `Parameter` is read by `of`, which ignores other parameters
(spec: http-api §5, http-api-reads §1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rest_framework.request import Request

from imports import jobs
from imports.api.core import validation
from imports.api.core.exceptions import APIError
from imports.api.core.parsers import Body
from imports.formats import schema as checks
from imports.formats.schema import ABSENT, Check, Violation
from imports.games import by_id
from imports.games.javascript import MAX_SAFE_INTEGER

# More digits than a double represents exactly: a longer number is not a safe integer anyway.
INTEGER = re.compile(r"-?[0-9]{1,17}")

JSONSchema = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A member of a query or body, or a header.

    `check` returns the value to use; it is called with ABSENT if there is none, and raises Violation or an APIError.
    `expects`: the messages of its violations. `raises`: its other errors. `check_of_2026`: the check in the API of 2026
    if that refuses other values.
    """

    name: str
    description: str = ""
    schema: JSONSchema = field(default_factory=lambda: {"type": "string"})
    check: Check = checks.anything
    required: bool = False
    expects: Sequence[str] = ()
    raises: Sequence[type[APIError]] = ()
    is_header: bool = False
    check_of_2026: Check | None = None

    def __call__(self, value: Any) -> Any:
        return self.check(value)

    def of(self, request: Request) -> Any:
        """Returns the checked value of the query or header. A key that is given several times counts as absent."""
        if self.is_header:
            return self.check(request.headers.get(self.name, ABSENT))
        given = request.query_params.getlist(self.name)
        return self.check(given[0] if len(given) == 1 else ABSENT)

    def as_of_2026(self) -> Parameter:
        """Returns the parameter with the messages of the API of 2026."""
        if self.check_of_2026 is not None:
            return replace(self, check=self.check_of_2026)

        def check(value: Any) -> Any:
            try:
                return self.check(value)
            except Violation as violation:
                problem = validation.problem_of_2026(violation, self.schema)
                raise Violation(problem, violation.value, path=violation.path) from None

        return replace(self, check=check)

    def is_in(self, request: Request) -> bool:
        """Returns whether the query contains this parameter, with any value."""
        return self.name in request.query_params


class Fields(dict[str, Parameter]):
    """The members of a query or of a JSON body by name, checked in this order.

    `is_strict`: whether other members are refused or ignored. `needs_one`: whether a body must contain at least one of
    them, although none is required.
    """

    def __init__(self, *parameters: Parameter, is_strict: bool = True, needs_one: bool = False) -> None:
        super().__init__({parameter.name: parameter for parameter in parameters})
        self.is_strict = is_strict
        self.is_required = needs_one or any(parameter.required for parameter in parameters)

    def as_of_2026(self) -> Fields:
        """Returns fields with the same members in the API of 2026, which ignores others and has other messages."""
        members = (parameter.as_of_2026() for parameter in self.values())
        return Fields(*members, is_strict=False, needs_one=self.is_required)

    def from_body(self, body: Body) -> dict[str, Any]:
        """Returns the checked members of a body. Raises APIError with 400."""
        return validation.validate_strict(body, self) if self.is_strict else validation.validate_known(body, self)

    def from_query(self, request: Request) -> dict[str, Any]:
        """Returns the checked members of a query. Raises APIError with 400."""
        return validation.validate_query(request, self, is_strict=self.is_strict)


# --- members at paths of 2026 -----------------------------------------------------------------------------------


def of_kind(kind: type, name: str, description: str = "") -> Parameter:
    """Returns a required member of this JSON type. Numbers are floats (`Body.members`)."""
    expected = validation.KINDS[kind]

    def check(value: Any) -> Any:
        if type(value) is not kind:
            raise Violation(validation.wrong_kind(expected, value), value)
        return value

    return Parameter(
        name=name,
        description=description,
        schema={"type": expected},
        check=check,
        required=True,
        expects=(f"Invalid input: expected {expected}, received …",),
    )


# --- members of strict queries and bodies ---------------------------------------------------------------------------


def text(name: str, *, longest: int, required: bool = False, description: str = "") -> Parameter:
    """Returns a parameter for any text of up to `longest` UTF-16 units."""
    message = "Expected string." if required else "Expected *string or no value."
    check = checks.string(message, high=longest)
    return Parameter(
        name=name,
        description=description,
        schema={"type": "string", "maxLength": longest},
        check=check if required else validation.optional(check),
        required=required,
        expects=(message,),
    )


def choice(name: str, description: str, *values: str) -> Parameter:
    """Returns an optional parameter with these possible values."""
    return Parameter(
        name=name,
        description=description,
        schema={"type": "string", "enum": list(values)},
        check=validation.optional(checks.one_of(values)),
        expects=(f"Expected any of {', '.join(values)}.",),
    )


def query_flag(name: str, description: str) -> Parameter:
    """Returns an optional query parameter that is `true` or `false`."""
    return replace(choice(name, description, "true", "false"), check=validation.optional(validation.query_boolean))


def boolean(name: str, description: str = "") -> Parameter:
    """Returns an optional boolean member of a body."""
    return Parameter(
        name=name,
        description=description,
        schema={"type": "boolean"},
        check=validation.optional(validation.boolean),
        expects=(validation.NO_BOOLEAN,),
    )


def header_flag(name: str, description: str) -> Parameter:
    """Returns a header that is true for `true` in any case, and false for anything else."""
    return Parameter(
        name=name,
        description=description,
        check=lambda value: value is not ABSENT and value.lower() == "true",
        is_header=True,
    )


REASON = Parameter(
    name="reason",
    schema={"type": "string", "maxLength": validation.MAX_REASON_LENGTH},
    check=validation.optional(validation.reason),
    expects=(validation.NO_REASON,),
)
"""The reason of a change, stripped."""


def text_between(name: str, low: int, high: int, *, or_null: bool = False) -> Parameter:
    """Returns an optional parameter for a text of `low` to `high` UTF-16 units."""
    between = checks.length_between(low, high)
    return Parameter(
        name=name,
        schema={"type": ["string", "null"] if or_null else "string", "minLength": low, "maxLength": high},
        check=validation.optional(checks.optional_null(between) if or_null else between),
        expects=(f"Expected a string with length between {low} and {high}.",),
    )


# --- parameters of loose queries --------------------------------------------------------------------------------


def optional_text(name: str, description: str) -> Parameter:
    """Returns a parameter with the text as its value, None if absent."""
    return Parameter(name=name, description=description, check=lambda value: None if value is ABSENT else value)


def search(missing: type[APIError], description: str = "The search query.") -> Parameter:
    """Returns the required parameter `search`. Its check raises `missing` unless it is given exactly once."""

    def check(value: Any) -> str:
        if value is ABSENT:
            raise missing()
        return str(value)

    return replace(
        of_kind(str, "search", description),
        check=check,
        check_of_2026=of_kind(str, "search").check,
        expects=(),
        raises=(missing,),
    )


def switch(name: str, description: str) -> Parameter:
    """Returns an option that is on if the query contains it with any value; read it with `is_in`."""
    return Parameter(name=name, description=f"{description} Enabled if present, with any value.")


def positive_int(
    name: str,
    description: str,
    *,
    default: int,
    maximum: int = MAX_SAFE_INTEGER,
    too_large: type[APIError] | None = None,
) -> Parameter:
    """Returns a parameter for a positive integer; other values count as absent, except in the API of 2026.

    Its check raises `too_large`.
    """
    check_of_2026 = validation.query_integer(1, maximum)

    def check(value: Any) -> int:
        number = int(value) if isinstance(value, str) and INTEGER.fullmatch(value) else 0
        number = number if 0 < number <= MAX_SAFE_INTEGER else default
        if too_large is not None and number > maximum:
            raise too_large()
        return number

    return Parameter(
        name=name,
        description=description,
        schema={"type": "integer", "minimum": 1, "maximum": maximum},
        check=check,
        raises=() if too_large is None else (too_large,),
        check_of_2026=lambda value: default if value is ABSENT else check_of_2026(value),
    )


class UnknownRating(APIError):
    status = 400
    message = "Invalid value of {given} for alg. Expected one of {known}"


RATING = Parameter(name="alg", description="The rating; defaults to that of the game.", raises=(UnknownRating,))


def rating_param(request: Request, *, known: Iterable[str], default: str, listed: Iterable[str] | None = None) -> str:
    """Returns the rating of the parameter `alg`. Raises UnknownRating unless it is one of `known`.

    `listed`: the ratings in the error message, if they differ from `known`.
    """
    given = RATING.of(request)
    if given is ABSENT:
        return default
    if given not in known:
        raise UnknownRating(given=given, known=", ".join(listed or known))
    return str(given)


# --- parameters of paths --------------------------------------------------------------------------------

PATH_PARAMETER_DESCRIPTIONS = {
    "userID": "`me`, a user ID, or a username (case-insensitive).",
    "importID": "The import ID from the response to the submission.",
    "scoreID": "`T` and 64 hexadecimal digits.",
    "sessionID": "`Q` and 40 hexadecimal digits.",
    "retryID": "The retry ID from the response of `reprocessOrphans`.",
    "orphanID": "`O` and 64 hexadecimal digits.",
    "chartID": "The ID of a chart of the game.",
    "songID": "A number; in paths of API version 2026 also `S` and 19 hexadecimal digits.",
    "clientID": "`CI` and 40 hexadecimal digits; IDs of clients created by the operator start with `C`.",
    "exportID": "The export ID from the response to the export request.",
    "checksum": "The MD5 or SHA-256 hash of the chart's file.",
    "token": "The tokenID of the token, or its secret.",
    "sha256": "The SHA-256 hash of the chart's file.",
    "hash": "The SHA-1 hash of the chart's file.",
}


def path_parameters() -> dict[str, JSONSchema]:
    """Returns the path parameters of the OpenAPI description by name."""
    games = jobs.enabled_games()
    text: JSONSchema = {"type": "string"}
    schemas = {
        **{name: (description, text) for name, description in PATH_PARAMETER_DESCRIPTIONS.items()},
        "game": ("The ID of a game of this instance.", {**text, "enum": [game.slug for game in games]}),
        "gameID": ("The ID of a game in API version 2026.", {**text, "enum": list(by_id(games))}),
        "playtype": (
            "A playtype of the game.",
            {**text, "enum": sorted({name for game in games for name in game.by_name})},
        ),
    }
    return {
        name: {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
        for name, (description, schema) in schemas.items()
    }
