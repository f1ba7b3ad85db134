"""What a check found, as its page shows it. It waits as JSON beside the file (`checked_uploads`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from imports.formats import BY_IMPORT_TYPE
from imports.jobs import Upload
from imports.pages import import_words, words
from imports.pages.naming import game_name
from imports.pages.parts import Count, Note, ProblemRow, Rail, rail
from imports.pages.problem_rows import telling_values
from imports.pages.result import class_notes, playtype_named
from imports.pipeline.checking import Checked, CheckedRow, Verdict

LISTED = 500  # problems that are kept to be shown
SAME = (Verdict.DUPLICATE, Verdict.REPEATED, Verdict.BLACKLISTED)
BAD = (Verdict.UNKNOWN, Verdict.AMBIGUOUS, Verdict.INVALID, Verdict.BROKEN)


@dataclass(frozen=True, slots=True)
class Check:
    """`import-check.html`: a file that waits for its player's word. `why_not` where all or nothing would be nothing."""

    name: str
    about: str
    heading: str
    rail: Rail
    counts: tuple[Count, ...]
    notes: tuple[Note, ...]
    problems: Sequence[ProblemRow]
    problems_heading: str
    more: str
    button: str
    is_new: bool
    why_not: str


def said(checked: Checked, upload: Upload) -> dict[str, Any]:
    """All that the page needs of a check, as JSON data."""
    context = checked.context
    return {
        "name": upload.file_name or words.PASTED,
        "size": len(upload.content),
        "kind": BY_IMPORT_TYPE[upload.import_type].name,
        "game": context.game.slug,
        "playtypes": list(checked.playtypes),
        "service": context.service,
        "rows": checked.row_count,
        "totals": {verdict.value: count for verdict, count in checked.totals.items()},
        "classes": list(checked.classes),
        "problems": [asdict(_problem(row)) for row in checked.rows if row.problem is not None],
    }


def _problem(row: CheckedRow) -> ProblemRow:
    problem = row.problem
    assert problem is not None  # noqa: S101 - for mypy
    return ProblemRow(
        row=problem.row,
        kind=words.KINDS.get(problem.type, problem.type),
        message=problem.message,
        values=tuple(telling_values(problem.datapoint, problem.message)),
        advice=import_words.CHECK_ADVICE.get(problem.type, ""),
    )


def check_of(told: Mapping[str, Any]) -> Check:
    """What `said` told."""
    totals, rows = told["totals"], told["rows"]
    new, same, bad = totals[Verdict.NEW], _sum(totals, SAME), _sum(totals, BAD)
    problems = [ProblemRow(**{**each, "values": tuple(map(tuple, each["values"]))}) for each in told["problems"]]
    game = game_name(told["game"], told["playtypes"])
    return Check(
        name=told["name"],
        about=import_words.about_file(told["size"], told["kind"], game, rows, told["service"]),
        heading=import_words.would_go_in(new),
        rail=rail(
            (("c-new", new), ("c-dup", same), ("c-bad", bad)),
            total=max(rows, 1),
            label=import_words.rail_says(new, same, bad, rows),
        ),
        counts=_counts(totals, rows),
        notes=tuple(note for delta in told["classes"] for note in _class_notes(delta)),
        problems=problems,
        problems_heading=import_words.rows_in_need(bad),
        more=import_words.first_of(len(problems), bad) if len(problems) < bad else "",
        button=import_words.import_so_many(new, problems=bad),
        is_new=bool(new or told["classes"]),
        why_not=import_words.all_rows_needed(rows, bad) if bad else "",
    )


def _counts(totals: Mapping[str, int], rows: int) -> tuple[Count, ...]:
    deleted, broken = totals[Verdict.BLACKLISTED], totals[Verdict.BROKEN]
    return (
        Count(import_words.ROWS, rows),
        Count(import_words.NEW, totals[Verdict.NEW], swatch="c-new"),
        Count(import_words.DUPLICATES, _sum(totals, SAME), small=import_words.already_deleted(deleted), swatch="c-dup"),
        Count(import_words.UNKNOWN_CHART, totals[Verdict.UNKNOWN], swatch="c-bad"),
        Count(import_words.AMBIGUOUS, totals[Verdict.AMBIGUOUS], swatch="c-bad"),
        Count(
            import_words.INVALID,
            totals[Verdict.INVALID] + broken,
            small=import_words.our_fault(broken),
            swatch="c-bad",
        ),
    )


def _class_notes(delta: Mapping[str, Any]) -> list[Note]:
    playtype = playtype_named(delta["game"], delta["playtype"])
    return list(class_notes(playtype, [delta])) if playtype is not None else []


def _sum(totals: Mapping[str, int], verdicts: Sequence[Verdict]) -> int:
    return sum(totals[verdict] for verdict in verdicts)
