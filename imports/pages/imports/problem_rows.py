"""Rows that an import left out, with what offends in them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from itertools import islice
from typing import Any

from django.urls import reverse

from imports.errors import ProblemType
from imports.games import javascript
from imports.models import Import, ImportProblem, RowCorrection, Score
from imports.pages.components.view_models import ProblemRow
from imports.pages.core.urls import import_url, score_url
from imports.pages.imports.row_correction import is_correctable
from imports.pages.imports.title_matches import find_matches
from imports.pages.texts import formatting, import_texts
from imports.pipeline.suggestions import Match

NAMES = ("identifier", "difficulty")  # what tells which row it is
PREAMBLE = re.compile(r"^Got \d+ errors? when validating score:\s")  # speaks of the row as a whole
MAX_VALUES = 4  # values of one row
MAX_VALUE_LENGTH = 80  # characters of one value
MAX_VALUES_READ = 200  # of one row; no game has so many
MAX_MESSAGE_LENGTH = 10_000  # characters of a message in which values are looked for

Value = tuple[str, str, bool]


def problem_rows(problems: Iterable[ImportProblem], job: Import, *, private: bool, mine: bool) -> list[ProblemRow]:
    """What the rows said is for those who may see the file (`private`); choosing charts for its owner (`mine`).

    One query, and more where some are in meanwhile or look like songs that are known.
    """
    listed = list(problems)
    for problem in listed:
        problem.job = job  # as the rows are asked what they are of
    found = RowCorrection.objects.filter(job=job, row__in=[problem.row for problem in listed]).exclude(score_id="")
    corrected = {one.row: one for one in found.select_related("corrected_by")}
    score_ids = [one.score_id for one in corrected.values()]
    scores = set(Score.objects.filter(score_id__in=score_ids).values_list("score_id", flat=True)) if score_ids else ()
    matches = find_matches([problem for problem in listed if problem.row not in corrected]) if mine else {}
    return [
        _problem_row(problem, job, private=private, mine=mine, match=matches.get(problem.row))
        if problem.row not in corrected
        else _corrected_row(problem, corrected[problem.row], private=private, scores=scores)
        for problem in listed
    ]


def _corrected_row(
    problem: ImportProblem, correction: RowCorrection, *, private: bool, scores: Collection[str]
) -> ProblemRow:
    """A row that another import has brought on the chart that was chosen."""
    # It stays listed: the import goes on to say what its file held.
    is_there = correction.score_id in scores
    return ProblemRow(
        row=problem.row,
        kind=import_texts.CORRECTED,
        message=problem.message,
        values=tuple(relevant_values(problem.datapoint, problem.message)) if private else (),
        advice=import_texts.IN_AS_CHOSEN if is_there else import_texts.WAS_IN_AS_CHOSEN,
        corrected_url=import_url(correction.corrected_by),
        score_url=score_url(correction.score_id) if is_there else "",
    )


def _problem_row(problem: ImportProblem, job: Import, *, private: bool, mine: bool, match: Match | None) -> ProblemRow:
    may_correct = mine and is_correctable(problem)
    # Rows with a difficulty, version or member that is unknown here are shown as invalid, but kept like unknown songs.
    is_kept = problem.type == ProblemType.INVALID and problem.orphan_id is not None
    advice = formatting.ADVICE.get(ProblemType.NOT_FOUND if is_kept else problem.type, "")
    return ProblemRow(
        row=problem.row,
        kind=formatting.KINDS.get(problem.type, problem.type),
        message=problem.message,
        values=tuple(relevant_values(problem.datapoint, problem.message)) if private else (),
        advice=import_texts.likeness_text(match.title, match.differs_in) if match else advice,
        mend_url=reverse("import-mend", args=[job.import_id, problem.row]) if may_correct else "",
    )


def relevant_values(datapoint: Any, message: str) -> list[Value]:
    """The values that the message speaks of, then what names the row: (key, JSON text, whether it offends)."""
    text = PREAMBLE.sub("", message[:MAX_MESSAGE_LENGTH])
    words = frozenset(re.findall(r"\w+", text))
    # Members of members (judgements, optional metrics) are listed beside the others, with their path as their key.
    flat = (
        pair
        for key, value in (datapoint.items() if isinstance(datapoint, dict) else ())
        for pair in (
            ((f"{key}.{name}", each) for name, each in value.items()) if isinstance(value, dict) else [(key, value)]
        )
    )
    found = list(islice(flat, MAX_VALUES_READ))
    offending = [(key, value) for key, value in found if _offends(key, value, text, words)]
    naming = sorted((each for each in found if each[0] in NAMES), key=lambda each: NAMES.index(each[0]))
    listed = [(key, value, True) for key, value in offending]
    listed += [(key, value, False) for key, value in naming if (key, value) not in offending]
    shown = []
    for key, value, offends in listed[:MAX_VALUES]:
        written = json.dumps(value, ensure_ascii=False)
        is_long = len(written) > MAX_VALUE_LENGTH
        shown.append((key, f"{written[: MAX_VALUE_LENGTH - 1]}…" if is_long else written, offends))
    return shown


def _offends(key: str, value: Any, message: str, words: frozenset[str]) -> bool:
    """Whether a message, with these words, speaks of a value: by its name or by what it is."""
    name = key.rpartition(".")[2]
    # A name that is no word (`fast-slow`) is looked for as it is: as words it would be found in pieces.
    if name in words or (not name.isidentifier() and name in message):
        return True
    text = value if isinstance(value, str) else ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = javascript.number(value)  # messages write numbers as Tachi does
    # Single characters stand in most messages by chance.
    return 1 < len(text) <= len(message) and text in message
