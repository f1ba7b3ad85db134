"""The lines of a JSON file around an error. No database access."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder

LINES_BEFORE, LINES_AFTER = 3, 1  # including the line with the value
MAX_LINE_LENGTH = 120  # characters of a line, and of the text on either side of the value
MAX_LOOKED_AT = 10_000  # characters before and after the line that are searched for the other lines
ROWS = "scores"
END = "▁"  # marks where a truncated file ends
SPACE = re.compile(r"[ \t\r\n]*")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ExcerptLine:
    """A line, counted from 1. `mark` is its invalid part."""

    number: int
    before: str
    mark: str = ""
    after: str = ""


def excerpt_of_row(text: str, row: int, field: str) -> tuple[ExcerptLine, ...]:
    """Returns the lines around a value of a row, or around the row's start if it has none; nothing for other files."""
    try:
        start = _row_start(text, row)
    except (ValueError, RecursionError):  # also for JSON of another form
        return ()
    try:
        found = _value_span(text, start, field)
    except (ValueError, RecursionError):  # the value, or its parent, has another type
        found = None
    return _lines_around(text, found or (start, start))


def excerpt_of_error(text: str) -> tuple[ExcerptLine, ...]:
    """Returns the lines around the syntax error of a file; none if it is valid JSON."""
    try:
        json.loads(text)
    except JSONDecodeError as error:
        place = error.pos
        # For an unterminated string, Python reports its start, but the quote is missing at the end of the file.
        if error.msg.startswith("Unterminated string"):
            place = len(text.rstrip())
        return _lines_around(text, (place, min(place + 1, len(text))))
    except RecursionError:
        return ()
    return ()


def excerpt_of_end(text: str) -> tuple[ExcerptLine, ...]:
    """Returns the last lines of a truncated file; none if it has another encoding."""
    text = text.removesuffix("\ufffd").rstrip()
    return () if "\ufffd" in text else _lines_around(text, (len(text), len(text)))


def _row_start(text: str, row: int) -> int:
    """Returns the index where a row begins. Raises ValueError for an unknown row."""
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
    _decode(text, place)  # raises if there is no such row
    return place


def _value_span(text: str, start: int, field: str) -> Span | None:
    """Returns the place of a field's value in the row that begins here; `judgements.miss` is a nested field."""
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
    """Returns the index after this character and the whitespace that follows. Raises ValueError for another one."""
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
    before = text[first:start]
    if len(before) > MAX_LINE_LENGTH:
        before = f"…{before[-MAX_LINE_LENGTH + 1 :]}"
    lines = (
        *(ExcerptLine(number - len(earlier) + place, _cut(line)) for place, line in enumerate(earlier)),
        ExcerptLine(number, before, _cut(marked), _cut(text[end:last])),
        *(ExcerptLine(number + 1 + place, _cut(line)) for place, line in enumerate(later)),
    )
    # Binary data is not shown.
    shown = "".join(line.before + line.mark + line.after for line in lines)
    return lines if shown.replace("\t", " ").isprintable() else ()


def _cut(line: str) -> str:
    line = line.rstrip("\r")
    return line if len(line) <= MAX_LINE_LENGTH else f"{line[: MAX_LINE_LENGTH - 1]}…"
