"""The lines of a JSON file around what is wrong in it. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder

LINES_BEFORE, LINES_AFTER = 3, 1  # the line with the value
MAX_LINE_LENGTH = 120  # characters of a line, and of what stands on either side of the value
MAX_LOOKED_AT = 10_000  # characters before and after the line, in which the others are looked for
ROWS = "scores"
END = "▁"  # stands where a file ends too early
SPACE = re.compile(r"[ \t\r\n]*")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """A line, counted from 1. `mark` is what is wrong in it."""

    number: int
    before: str
    mark: str = ""
    after: str = ""


def excerpt_of_row(text: str, row: int, field: str) -> tuple[ExcerptLine, ...]:
    """The lines around a value of a row, or around the row's beginning if it lacks the value; none of other files."""
    try:
        start = _row_start(text, row)
    except (ValueError, RecursionError):  # also of JSON that is not of this form
        return ()
    try:
        found = _value_span(text, start, field)
    except (ValueError, RecursionError):  # the value, or what should hold it, is something else
        found = None
    return _lines_around(text, found or (start, start))


def excerpt_of_error(text: str) -> tuple[ExcerptLine, ...]:
    """The lines around the place up to which a file is JSON; none if all of it is."""
    try:
        json.loads(text)
    except JSONDecodeError as error:
        place = error.pos
        # Of a text without an end Python tells where it begins: what is missing is at the end of the file.
        if error.msg.startswith("Unterminated string"):
            place = len(text.rstrip())
        return _lines_around(text, (place, min(place + 1, len(text))))
    except RecursionError:
        return ()
    return ()


def _row_start(text: str, row: int) -> int:
    """Where a row begins. Raises ValueError if there is none."""
    place = _enter(text, _skip(text, 0), "{")
    while True:
        key, place = _decode(text, place)
        place = _enter(text, _skip(text, place), ":")
        if key == ROWS:
            break
        _, place = _decode(text, place)
        place = _enter(text, _skip(text, place), ",")
    place = _enter(text, place, "[")
    for _ in range(row):
        _, place = _decode(text, place)
        place = _enter(text, _skip(text, place), ",")
    _decode(text, place)  # there must be one
    return place


def _value_span(text: str, start: int, field: str) -> Span | None:
    """Where the value of a field is in the row that begins here, `judgements.miss` being one of a member's."""
    end = start
    for name in field.split("."):
        start = _enter(text, start, "{")
        while True:
            key, place = _decode(text, start)
            start = _enter(text, _skip(text, place), ":")
            _, end = _decode(text, start)
            if key == name:
                break
            place = _skip(text, end)
            if text[place] == "}":
                return None
            start = _enter(text, place, ",")
    return start, end


def _decode(text: str, place: int) -> tuple[object, int]:
    found, end = JSONDecoder().raw_decode(text, place)
    return found, end


def _skip(text: str, place: int) -> int:
    found = SPACE.match(text, place)
    return found.end() if found else place


def _enter(text: str, place: int, sign: str) -> int:
    """The place after this sign and the space behind it. Raises ValueError for another sign."""
    if not text.startswith(sign, place):
        raise ValueError(sign)
    return _skip(text, place + 1)


def _lines_around(text: str, span: Span) -> tuple[ExcerptLine, ...]:
    start, end = span
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    last = len(text) if last < 0 else last
    number = text.count("\n", 0, first) + 1
    earlier = text[max(0, first - MAX_LOOKED_AT) : first].split("\n")[-LINES_BEFORE - 1 : -1]
    later = text[last + 1 : last + 1 + MAX_LOOKED_AT].split("\n")[:LINES_AFTER] if last < len(text) else []
    marked = text[start:end].strip("\r\n") or (END if start >= len(text.rstrip()) else "")
    lines = (
        *(ExcerptLine(number - len(earlier) + place, _cut(line)) for place, line in enumerate(earlier)),
        ExcerptLine(number, _tail(text[first:start]), _cut(marked), _cut(text[end:last])),
        *(ExcerptLine(number + 1 + place, _cut(line)) for place, line in enumerate(later)),
    )
    # What is no text at all is not shown.
    shown = "".join(line.before + line.mark + line.after for line in lines)
    return lines if shown.replace("\t", " ").isprintable() else ()


def _cut(line: str) -> str:
    line = line.rstrip("\r")
    return line if len(line) <= MAX_LINE_LENGTH else f"{line[: MAX_LINE_LENGTH - 1]}…"


def _tail(line: str) -> str:
    return line if len(line) <= MAX_LINE_LENGTH else f"…{line[-MAX_LINE_LENGTH + 1 :]}"
