"""Score IDs and orphan IDs, which are equal for equal results. No database access.

An ID is a letter and the SHA-256 of canonical JSON: keys sorted by UTF-16 code units, no whitespace, strings as
`JSON.stringify` writes them, numbers in JavaScript's shortest form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from json.encoder import encode_basestring
from operator import itemgetter
from typing import Any

from imports.games import javascript
from imports.games.javascript import MAX_SAFE_INTEGER
from imports.games.spec import Play, Playtype


def canonical(value: Any) -> str:
    """Returns the canonical JSON text of JSON data. Raises TypeError for other values."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return javascript.quoted(value)
    if isinstance(value, int | float):
        return javascript.number(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, Mapping):
        members = (f"{javascript.quoted(key)}:{canonical(value[key])}" for key in sorted(value, key=_code_units))
        return f"{{{','.join(members)}}}"
    raise TypeError(f"No JSON value: {type(value).__name__}")


def _code_units(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def score_id(user_id: int, chart_id: str, play: Play, playtype: Playtype) -> str:
    """Returns the ID of a user's play on a chart: `T` and 64 hex digits.

    It depends on the provided metrics and the optional ones that are declared `in_score_id` (null if absent), not on
    time, service, judgements or derived metrics. Raises KeyError if a provided metric is missing.
    """
    # Keys are sorted and quoted once per playtype; each score only inserts its values.
    template, values_of, optionals = _template(playtype)
    values = {"chartID": chart_id, "userID": user_id, **play.metrics}
    for key, name in optionals:
        values[key] = play.optional.get(name)
    texts = [
        value
        if type(value) is int and -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER
        else encode_basestring(value)
        if type(value) is str and value.isascii()
        else "null"
        if value is None
        else canonical(value)
        for value in values_of(values)  # the most common types first: this runs for every score
    ]
    return "T" + sha256((template % tuple(texts)).encode()).hexdigest()


_Template = tuple[str, Callable[[Mapping[str, Any]], tuple[Any, ...]], tuple[tuple[str, str], ...]]


@cache
def _template(playtype: Playtype) -> _Template:
    """Returns the canonical JSON with %s for each value, a getter of the values in that order, and optionals' keys."""
    optionals = tuple((f"optional.{n}", n) for n, metric in playtype.optional.items() if metric.in_score_id)
    keys = sorted(["chartID", "userID", *playtype.provided, *(key for key, _ in optionals)], key=_code_units)
    return "{" + ",".join(f"{javascript.quoted(key)}:%s" for key in keys) + "}", itemgetter(*keys), optionals


def orphan_id(user_id: int, import_type: str, data: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """Returns the ID of a row with an unknown chart: `O` and 64 hex digits of the row as sent."""
    row = {"importType": import_type, "data": data, "context": context, "userID": user_id}
    return "O" + sha256(canonical(row).encode()).hexdigest()
