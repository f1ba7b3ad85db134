"""Rows that an import left out, with what offends in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import reverse

from imports.games import javascript
from imports.models import Import, ImportProblem
from imports.pages import words
from imports.pages.mending import is_mendable
from imports.pages.parts import ProblemRow

NAMES = ("identifier", "difficulty")  # what tells which row it is
PREAMBLE = re.compile(r"^Got \d+ errors? when validating score:\s")  # speaks of the row as a whole
SHOWN = 4  # values of one row
LONGEST = 80  # characters of one value

Value = tuple[str, str, bool]


def problem_rows(problems: Iterable[ImportProblem], job: Import, *, private: bool, mine: bool) -> list[ProblemRow]:
    """What the rows said is for those who may see the file (`private`); choosing charts for its owner (`mine`)."""
    return [_row(problem, job, private=private, mine=mine) for problem in problems]


def _row(problem: ImportProblem, job: Import, *, private: bool, mine: bool) -> ProblemRow:
    may_mend = mine and is_mendable(problem)
    return ProblemRow(
        row=problem.row,
        kind=words.KINDS.get(problem.type, problem.type),
        message=problem.message,
        values=tuple(telling_values(problem.datapoint, problem.message)) if private else (),
        advice=words.ADVICE.get(problem.type, ""),
        mend_url=reverse("import-mend", args=[job.import_id, problem.row]) if may_mend else "",
    )


def telling_values(datapoint: Any, message: str) -> list[Value]:
    """The values that the message speaks of, then what names the row: (key, JSON text, whether it offends)."""
    said = PREAMBLE.sub("", message)
    values = [(key, _written(value), _offends(key, value, said)) for key, value in _flat(datapoint)]
    named = sorted((value for value in values if value[0] in NAMES and not value[2]), key=lambda v: NAMES.index(v[0]))
    return [*(value for value in values if value[2]), *named][:SHOWN]


def _flat(datapoint: Any) -> Iterator[tuple[str, Any]]:
    for key, value in datapoint.items() if isinstance(datapoint, dict) else ():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", each) for inner, each in value.items())
        else:
            yield key, value


def _written(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _offends(key: str, value: Any, message: str) -> bool:
    if re.search(rf"(?<!\w){re.escape(key.rpartition('.')[2])}(?!\w)", message):
        return True
    text = value if isinstance(value, str) else javascript.number(value) if _is_number(value) else ""
    return len(text) > 1 and text in message


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
