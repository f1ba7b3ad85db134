"""The rows with problems of an import, with their invalid values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from django.urls import reverse

from imports.errors import ProblemType
from imports.games import javascript
from imports.models import Import, ImportProblem, RowCorrection, Score
from imports.pages.components.view_models import ProblemRow
from imports.pages.core.urls import import_url, score_url
from imports.pages.imports.problems.row_correction import is_correctable
from imports.pages.imports.problems.row_explanations import (
    PREAMBLE,
    UNKNOWN,
    Explanation,
    explain_row,
    marked,
    row_facts,
)
from imports.pages.imports.problems.title_matches import find_matches, likely_matches
from imports.pages.texts import formatting, problem_texts
from imports.pipeline.suggestions import Kept, Match

NAMES = ("identifier", "difficulty")  # the values that identify a row
MAX_VALUES = 4  # values of one row
MAX_VALUE_LENGTH = 80  # characters of one value
MAX_VALUES_READ = 200  # of one row; no game has as many
MAX_MESSAGE_LENGTH = 10_000  # characters of a message that are searched for values

Value = tuple[str, str, bool]


def problem_rows(problems: Iterable[ImportProblem], job: Import, *, private: bool, mine: bool) -> list[ProblemRow]:
    """Returns the rows; their values need the right to see the file (`private`), the chart choice its owner (`mine`).

    One query; more if rows were corrected, or name known songs or songs with similar titles.
    """
    listed = list(problems)
    for problem in listed:
        problem.job = job  # saves a query for each row
    found = RowCorrection.objects.filter(job=job, row__in=[problem.row for problem in listed]).exclude(score_id="")
    corrected = {one.row: one for one in found.select_related("corrected_by")}
    score_ids = [one.score_id for one in corrected.values()]
    scores = set(Score.objects.filter(score_id__in=score_ids).values_list("score_id", flat=True)) if score_ids else ()
    matches = find_matches([problem for problem in listed if problem.row not in corrected]) if mine else {}
    # Whose song or chart it is says what the row says: it is for those who may see the file.
    kept = {problem.row: _kept(problem) for problem in listed if private}
    unknown = {problem.row for problem in listed if problem.type in UNKNOWN} - set(matches) - set(corrected)
    likely = likely_matches({row: each for row, each in kept.items() if row in unknown}) if mine else {}
    facts = row_facts(kept, likely)
    rows = []
    for problem in listed:
        explanation = explain_row(problem.type, problem.message, facts.get(problem.row))
        values = marked(relevant_values(problem.datapoint, problem.message), explanation.offender) if private else ()
        row = ProblemRow(
            row=problem.row,
            kind=explanation.kind,
            message=explanation.text,
            values=tuple(values),
            song=explanation.song,
        )
        if correction := corrected.get(problem.row):
            rows.append(_corrected_row(row, correction, is_there=correction.score_id in scores))
        else:
            rows.append(_open_row(row, problem, explanation, mine=mine, match=matches.get(problem.row)))
    return rows


def _corrected_row(row: ProblemRow, correction: RowCorrection, *, is_there: bool) -> ProblemRow:
    """Returns a row that another import has imported on the chosen chart. `is_there`: its score still exists."""
    # It stays listed: the import's page shows the state of its file.
    return replace(
        row,
        kind=problem_texts.CORRECTED,
        advice=problem_texts.IN_AS_CHOSEN if is_there else problem_texts.WAS_IN_AS_CHOSEN,
        corrected_url=import_url(correction.corrected_by),
        score_url=score_url(correction.score_id) if is_there else "",
    )


def _kept(problem: ImportProblem) -> Kept:
    """Returns the row with the context of its file; without an orphan, with the game and playtype of the import."""
    job = problem.job
    playtype = {"playtype": job.playtypes[0]} if len(job.playtypes) == 1 else {}
    context = problem.orphan.context if problem.orphan else {"game": job.game, **playtype}
    return Kept(problem.datapoint, context, job.import_type)


def _open_row(
    row: ProblemRow, problem: ImportProblem, explanation: Explanation, *, mine: bool, match: Match | None
) -> ProblemRow:
    """Returns a row that has not been corrected, with what its owner can do."""
    may_correct = mine and is_correctable(problem)
    # Rows with an unknown difficulty, version or member are shown as invalid, but stored like those of unknown songs.
    is_kept = problem.type == ProblemType.INVALID and problem.orphan_id is not None
    advice = formatting.ADVICE.get(ProblemType.NOT_FOUND if is_kept else problem.type, "")
    return replace(
        row,
        advice=problem_texts.likeness_text(match.title, match.differs_in) if match else advice,
        mend_url=reverse("import-mend", args=[problem.job.import_id, problem.row]) if may_correct else "",
        use_chart=(match.chart.pk if match else explanation.use_chart) if may_correct else None,
        use_song=match.chart.song.title if match else explanation.use_song,
    )


def relevant_values(datapoint: Any, message: str) -> list[Value]:
    """Returns the values named by the message, then those that identify the row: (key, JSON text, is invalid)."""
    text = PREAMBLE.sub("", message[:MAX_MESSAGE_LENGTH])
    words = frozenset(re.findall(r"\w+", text))
    # Members of nested objects (judgements, optional metrics) are listed with the others, with their path as key.
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
    """Returns whether a message, with these words, mentions a value: by its key or literally."""
    name = key.rpartition(".")[2]
    # A key that is no word (`fast-slow`) is searched for as it is: its single words may be found elsewhere.
    if name in words or (not name.isidentifier() and name in message):
        return True
    text = value if isinstance(value, str) else ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = javascript.number(value)  # messages write numbers as Tachi does
    # Most messages contain single characters by chance.
    return 1 < len(text) <= len(message) and text in message
