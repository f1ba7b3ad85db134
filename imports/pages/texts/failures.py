"""Why an import failed, in plain words first: what is wrong, in which row, with which value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imports.errors import RowProblem
from imports.games import javascript
from imports.integers import MAX_TIMESTAMP_MS, parse_digits
from imports.pages.texts import import_texts

# As `formats.schema.Violation` writes them: `scores[60].timeAchieved | Expected … | Received 1 [type: number].`
VIOLATION = re.compile(
    r"(?:Invalid BATCH-MANUAL: )?(?P<path>(?:scores\[(?P<row>\d+)\]\.?)?[^| ]*) \| (?P<expected>.*?)\.?"
    r"(?: \| Received (?P<value>.*) \[type: (?P<type>\w+)\])?\.(?: (?!\|).*)?",
    re.DOTALL,
)
IN_SECONDS = "did you pass unix seconds"
IDENTIFIER = "identifier"
MAX_SHOWN = 80  # characters of a value
MAX_NAMED_ROWS = 10  # rows with the same problem


@dataclass(frozen=True, slots=True)
class Failure:
    """`import-failed.html`: `facts` are (name, text, hint, kind: code, mark or nothing).

    `row` and `field` tell where in the file it is; `is_syntax`: where the file stops being JSON.
    """

    cause: str
    advice: str
    facts: tuple[tuple[str, str, str, str], ...] = ()
    row: int | None = None
    field: str = ""
    is_syntax: bool = False


def explain(message: str, status: int, problems: Sequence[RowProblem]) -> Failure:
    """`problems`: the rows that break the schema, where the file could be read up to them."""
    if status >= 500:
        return Failure(import_texts.failure_reason(status), import_texts.failure_advice(status))
    found = VIOLATION.fullmatch(message.strip()[:2_000])
    if found is None:
        ends_early = "ends too early" in message
        is_json = message.startswith("Invalid JSON")
        cause = import_texts.ENDS_EARLY if ends_early else import_texts.NO_JSON if is_json else ""
        advice = import_texts.failure_advice(status)
        return Failure(cause or import_texts.failure_reason(status), advice, is_syntax=bool(cause))
    row, field = found["row"], found["path"].partition("].")[2] or found["path"]
    # The rows that fail over the same field and the same rule.
    rule, name = found["expected"].rstrip("."), field.rpartition(".")[2]
    same = [problem.row for problem in problems if rule in problem.message and name in problem.message]
    value = found["value"]
    is_date = IN_SECONDS in found["expected"]
    facts = []
    if row is not None:
        named = next((problem for problem in problems if problem.row == int(row)), None)
        data: Any = named.datapoint if named else None
        identifier = data.get(IDENTIFIER) if isinstance(data, dict) else None
        facts.append((import_texts.ROW, f"{int(row):,}", _cut(identifier) if isinstance(identifier, str) else "", ""))
    facts.append((import_texts.FIELD, field, "", "code"))
    if value is not None and found["type"] != "undefined":
        facts.append((import_texts.IN_THE_FILE, _cut(value), _date_hint(value) if is_date else "", "mark"))
    seconds = parse_digits(value) if is_date else None
    if seconds is not None:
        facts.append((import_texts.EXPECTED, str(seconds * 1_000), _date_hint(str(seconds * 1_000)), "code"))
    else:
        facts.append((import_texts.EXPECTED, found["expected"].removeprefix("Expected ").rstrip("."), "", ""))
    others = [number for number in same if row is None or number != int(row)]
    if others:
        facts.append((import_texts.SAME_PROBLEM, import_texts.rows_listed(others, most=MAX_NAMED_ROWS), "", ""))
    is_missing = found["type"] == "undefined"
    cause = import_texts.violation(
        field, max(1, len(same)), is_date=is_date, is_missing=is_missing, in_row=row is not None
    )
    advice = import_texts.violation_advice(is_date=is_date)
    return Failure(cause, advice, tuple(facts), None if row is None else int(row), field)


def _date_hint(text: str) -> str:
    value = parse_digits(text, most=MAX_TIMESTAMP_MS)
    return import_texts.read_as_day(datetime.fromtimestamp(value / 1_000, UTC)) if value is not None else ""


def _cut(text: object) -> str:
    shown = text if isinstance(text, str) else javascript.text(text)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[: MAX_SHOWN - 1]}…"
