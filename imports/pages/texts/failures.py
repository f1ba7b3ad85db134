"""Why an import failed, in plain words: the error, its row and its value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from imports.errors import RowProblem
from imports.formats.skipped import CUT_OFF_IN_ROW, is_cut_off
from imports.games import javascript
from imports.integers import MAX_TIMESTAMP_MS, parse_digits
from imports.pages.texts import problem_texts
from imports.pages.texts.formatting import first_line, listed, written_day

# As `formats.schema.Violation` formats them: `scores[60].timeAchieved | Expected … | Received 1 [type: number].`
VIOLATION = re.compile(
    r"(?:Invalid BATCH-MANUAL: )?(?P<path>(?:scores\[(?P<row>\d+)\]\.?)?[^| ]*) \| (?P<expected>.*?)\.?"
    r"(?: \| Received (?P<value>.*) \[type: (?P<type>\w+)\])?\.(?: (?!\|).*)?",
    re.DOTALL,
)
IN_SECONDS = "did you pass unix seconds"
WRONG_HEADERS = re.compile(
    "Invalid CSV provided|Malformed CSV|Too many CSV headers|Headers were longer|Expected headers"
)
IDENTIFIER, DIFFICULTY = "identifier", "difficulty"
MAX_SHOWN = 80  # characters of a value
MAX_FIRST_LINE = 40  # characters of the first line of a file
MAX_NAMED_ROWS = 10  # rows with the same problem


@dataclass(frozen=True, slots=True)
class Failure:
    """The data of `import-failed.html`: `facts` are (name, text, hint, kind: code, mark, row or empty).

    `row` and `field`: the position of the error. `is_syntax`: the file is not valid JSON. `is_cut_off`: the file is
    incomplete. `is_other_kind`: the file may be of another kind.
    """

    cause: str
    advice: str
    facts: tuple[tuple[str, str, str, str], ...] = ()
    row: int | None = None
    field: str = ""
    is_syntax: bool = False
    is_cut_off: bool = False
    is_other_kind: bool = False


def explain(
    message: str, status: int, problems: Sequence[RowProblem], *, songs: Mapping[int, str] | None = None
) -> Failure:
    """Returns the explanation of a failed import.

    `problems`: the rows that break the schema, if the file could be parsed up to them. `songs`: row -> title.
    """
    if status >= 500:
        return Failure(problem_texts.failure_reason(status), problem_texts.failure_advice(status))
    found = VIOLATION.fullmatch(message.strip()[:2_000])
    if found is None and problems and is_cut_off(problems[-1].message):
        cause = cut_off_cause(problems[-1].message, problems[-1].row)
        return Failure(cause, problem_texts.NOT_SAVED_COMPLETELY, is_cut_off=True)
    if found is None:
        cause = _cause_of_file(message)
        advice = problem_texts.failure_advice(status)
        is_syntax = message.startswith("Invalid JSON")
        is_other_kind = bool(WRONG_HEADERS.match(message))
        reason = cause or problem_texts.failure_reason(status)
        return Failure(reason, advice, is_syntax=is_syntax, is_other_kind=is_other_kind)
    row, field = found["row"], found["path"].partition("].")[2] or found["path"]
    # The rows in which the same field breaks the same rule.
    rule, name = found["expected"].rstrip("."), field.rpartition(".")[2]
    same = [problem.row for problem in problems if rule in problem.message and name in problem.message]
    value = found["value"]
    is_date = IN_SECONDS in found["expected"]
    facts = []
    if row is not None:
        named = next((problem for problem in problems if problem.row == int(row)), None)
        data: Any = named.datapoint if named else None
        identifiers = [data.get(name) for name in (IDENTIFIER, DIFFICULTY)] if isinstance(data, dict) else []
        if identifiers and songs and int(row) in songs:  # a number or a hash means nothing to a player
            identifiers[0] = songs[int(row)]
        song = listed([_cut(text) for text in identifiers if isinstance(text, str)])
        facts.append((problem_texts.ROW, f"{int(row):,}", song, "row"))
    facts.append((problem_texts.FIELD, field, "", "code"))
    if value is not None and found["type"] != "undefined":
        facts.append((problem_texts.IN_THE_FILE, _cut(value), _date_hint(value) if is_date else "", "mark"))
    seconds = parse_digits(value) if is_date else None
    if seconds is not None:
        day = written_day(datetime.fromtimestamp(seconds, UTC)) if seconds * 1_000 <= MAX_TIMESTAMP_MS else ""
        facts.append((problem_texts.EXPECTED, str(seconds * 1_000), day, "code"))
    else:
        facts.append((problem_texts.EXPECTED, _expected(found), "", ""))
    others = [number for number in same if row is None or number != int(row)]
    if others:
        facts.append((problem_texts.SAME_PROBLEM, problem_texts.rows_listed(others, limit=MAX_NAMED_ROWS), "", ""))
    cause = problem_texts.violation(
        field, max(1, len(same)), is_date=is_date, is_missing=_is_missing(found), in_row=row is not None
    )
    advice = problem_texts.violation_advice(is_date=is_date)
    return Failure(cause, advice, tuple(facts), None if row is None else int(row), field)


def mistaken(failure: Failure, *, looks_like: str, uploaded_as: str, first_line: str, expected: str = "") -> Failure:
    """The failure of a file that is of another kind (`looks_like`) than it was uploaded as.

    `expected`: the first line of the kind that it was uploaded as, if that is always the same.
    """
    cause = problem_texts.looks_like(looks_like, uploaded_as)
    facts = [(problem_texts.FIRST_LINE, _cut(first_line, most=MAX_FIRST_LINE), "", "code")]
    if expected:
        facts.append((problem_texts.EXPECTED, _cut(expected, most=MAX_FIRST_LINE), "", "code"))
    return replace(failure, cause=cause, advice="", facts=tuple(facts))


def failure_line(message: str, status: int | None) -> str:
    """Returns why an import failed, in one line and without reading its file.

    The parser's message is used only if there is no text for it.
    """
    status = status or 500
    if status >= 500:
        return problem_texts.failure_reason(status)
    found = VIOLATION.fullmatch(message.strip()[:2_000])
    return violation_line(found) if found else _cause_of_file(message) or first_line(message)


def row_violation(message: str) -> str:
    """Returns the error of a value in a row; empty for a message of another form."""
    found = VIOLATION.fullmatch(message.strip()[:2_000])
    if found is None:
        return ""
    return violation_line(found, names_row=False)


def violation_line(found: re.Match[str], *, names_row: bool = True) -> str:
    field = found["path"].partition("].")[2] or found["path"]
    row = parse_digits(found["row"]) if names_row else None
    return problem_texts.violation_in_row(
        field, row, expected=_expected(found), is_date=IN_SECONDS in found["expected"], is_missing=_is_missing(found)
    )


def _cause_of_file(message: str) -> str:
    """Returns why a whole file cannot be read; empty if the message is plain already, or unknown."""
    if message.startswith("Invalid JSON"):
        return problem_texts.ENDS_EARLY if "ends too early" in message else problem_texts.NO_JSON
    return str(problem_texts.WRONG_COLUMNS) if WRONG_HEADERS.match(message) else ""


def _expected(found: re.Match[str]) -> str:
    return found["expected"].removeprefix("Expected ").rstrip(".")


def _is_missing(found: re.Match[str]) -> bool:
    return found["type"] == "undefined"


def cut_off_cause(message: str, row: int) -> str:
    """Returns `The file ends in the middle of row 117.` for the problem of an incomplete row."""
    return problem_texts.cut_off_in_row(row) if message == CUT_OFF_IN_ROW else str(problem_texts.FILE_ENDS_EARLY)


def _date_hint(text: str) -> str:
    value = parse_digits(text, maximum=MAX_TIMESTAMP_MS)
    return problem_texts.read_as_day(datetime.fromtimestamp(value / 1_000, UTC)) if value is not None else ""


def _cut(text: object, *, most: int = MAX_SHOWN) -> str:
    shown = text if isinstance(text, str) else javascript.text(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
