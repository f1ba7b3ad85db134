"""Parameters of queries that are not strict: only what is named is looked at (spec: http-api-reads §1)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rest_framework.request import Request

from imports.api.errors import Refused
from imports.games.javascript import MAX_SAFE_INTEGER

WHOLE = re.compile(r"-?[0-9]{1,17}")


def text(request: Request, name: str) -> str | None:
    """The one value of a key; None where there is none, and where there are several."""
    given = request.query_params.getlist(name)
    return given[0] if len(given) == 1 else None


def whole(request: Request, name: str) -> int | None:
    """A whole number above 0. Anything else counts as not given."""
    given = text(request, name)
    number = int(given) if given is not None and WHOLE.fullmatch(given) else 0
    return number if 0 < number <= MAX_SAFE_INTEGER else None


def wanted_text(request: Request, name: str, *, else_told: str) -> str:
    """A value that must be there, once. Raises Refused with 400."""
    given = text(request, name)
    if given is None:
        raise Refused(else_told, status=400)
    return given


def rating(request: Request, *, known: Iterable[str], usual: str, told: Iterable[str] | None = None) -> str:
    """`alg`: one of the ratings that are known. `told` are the ones that the message of the 400 lists, if not these."""
    given = text(request, "alg")
    if given is None:
        return usual
    if given not in known:
        raise Refused(f"Invalid value of {given} for alg. Expected one of {', '.join(told or known)}", status=400)
    return given
