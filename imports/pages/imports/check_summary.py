"""What a check found, as its page shows it. It waits as JSON beside the file (`pending_uploads`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from imports.catalogue.chart_names import difficulty_name
from imports.catalogue.format_names import format_name
from imports.formats import kept_rows
from imports.formats.base import Contents
from imports.formats.lookalikes import Difference
from imports.games import BY_SLUG
from imports.jobs import Upload
from imports.models import Import, ImportSession
from imports.pages.components.charts_and_distributions import highlights
from imports.pages.components.import_summary import class_notes, find_playtype, rating_changes
from imports.pages.components.view_models import Count, Note, ProblemRow, Rail, RatingChange, rail
from imports.pages.core.display_names import game_name
from imports.pages.imports.problem_rows import relevant_values
from imports.pages.imports.title_matches import likely_matches
from imports.pages.texts import formatting, import_texts, upload_texts
from imports.pipeline.checking import CheckResult, Verdict
from imports.pipeline.suggestions import Kept, chart_reference_of, sure_matches
from imports.submissions import games_in

WOULD_BE_KEPT = "kept"  # advice for rows whose song or chart is unknown
MAX_LISTED = 500  # problems that are kept to be shown: more would fill Redis, and nobody reads them one by one
KNOWN_VERDICTS = (Verdict.DUPLICATE, Verdict.REPEATED, Verdict.BLACKLISTED)
PROBLEM_VERDICTS = (Verdict.UNKNOWN, Verdict.AMBIGUOUS, Verdict.INVALID, Verdict.BROKEN)


@dataclass(frozen=True, slots=True)
class Check:
    """`import-check.html`: a file that waits for its player's word. `why_not` where all or nothing would be nothing."""

    name: str
    about: str
    heading: str
    rail: Rail
    counts: tuple[Count, ...]
    notes: tuple[Note, ...]
    verdicts: Sequence[RatingChange]
    gains: Sequence[Mapping[str, Any]]
    matches: Sequence[TitleMatch]
    sure_matches: int
    chosen: int
    problems: Sequence[ProblemRow]
    problems_heading: str
    more: str
    button: str
    is_new: bool
    why_not: str
    export: Export | None


@dataclass(frozen=True, slots=True)
class Export:
    """Whose export it is, and its games: slug, name, whether this is the one that is looked at."""

    whose: str
    game: str
    games: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """A title that nobody knows, and the song that it means, for sure or likely. `charts`: row, from 0, -> chart ID."""

    title: str
    rows: str
    song: str
    chart_names: str
    likeness: str
    charts: Mapping[str, str]
    is_sure: bool = True  # checks of the release before hold no others


def check_facts(
    checked: CheckResult, upload: Upload, contents: Contents | None, prediction: Mapping[str, Any] | None
) -> dict[str, Any]:
    """All that the page needs of a check, as JSON data. `prediction`: from `predicted`, None without one."""
    context = checked.context
    problems = [
        ProblemRow(
            row=problem.row,
            kind=problem.type,  # put into words where it is read, in the language of then
            message=problem.message,
            values=tuple(relevant_values(problem.datapoint, problem.message)),
            advice=WOULD_BE_KEPT if problem.is_unknown else problem.type,
        )
        for problem in (row.problem for row in checked.rows)
        if problem is not None
    ]
    return {
        "name": upload.file_name or upload_texts.PASTED,
        "size": len(upload.content),
        "kind": upload.import_type,
        "game": context.game.slug,
        "playtypes": list(checked.playtypes),
        "service": context.service,
        "rows": checked.row_count,
        "totals": {verdict.value: count for verdict, count in checked.totals.items()},
        "classes": list(checked.classes),
        "problems": [asdict(problem) for problem in problems],
        "prediction": prediction,
        "matches": _title_matches(checked, upload),
        "chosen": len(kept_rows.decode_chosen(upload.fields.get(kept_rows.CHOSEN_FIELD, "{}"))),
        "export": contents
        and {"username": contents.username, "instance": contents.instance, "games": games_in(contents)},
    }


def predicted(job: Import) -> dict[str, Any]:
    """What the import that a file would be says of itself, as JSON data."""
    return {
        "rating_changes": job.rating_changes,
        "class_deltas": job.class_deltas,
        "best_count": job.best_count,
        "first_play_count": job.first_play_count,
        "sessions": ImportSession.objects.filter(job=job).count(),
        "gains": [asdict(row) for row in highlights(job)],
    }


def _title_matches(checked: CheckResult, upload: Upload) -> list[dict[str, Any]]:
    """Unknown titles that look like known ones, each once: the sure ones first. Two queries, and those of the others.

    As JSON data, put into words where it is read. Likely ones only if their songs have the charts that the rows name:
    a check offers no other.
    """
    sent = checked.context.as_sent()
    unknown = {
        row.row: Kept(row.problem.datapoint, sent, upload.import_type)
        for row in checked.rows
        if row.problem is not None and row.verdict is Verdict.UNKNOWN
    }
    sure = sure_matches(unknown)
    likely = likely_matches({number: row for number, row in unknown.items() if number not in sure})
    why: dict[int, dict[str, Any]] = {
        number: {"looks_like": match.title, "differs_in": [each.value for each in match.differs_in]}
        for number, match in sure.items()
    } | {number: {"percent": guess.percent, "is_one_letter": guess.is_one_letter} for number, guess in likely.items()}
    charts = {number: match.chart for number, match in sure.items()}
    charts |= {number: guess.chart for number, guess in likely.items() if guess.chart is not None}
    groups: dict[tuple[str, int, bool], list[int]] = defaultdict(list)
    for number, chart in charts.items():
        asked = chart_reference_of(unknown[number])
        if asked is not None:
            groups[asked.identifier, chart.song.pk, number in sure].append(number)
    game = checked.context.game
    return [
        {
            "title": title,
            "row_numbers": numbers,
            "song": charts[numbers[0]].song.title,
            "chart_names": ", ".join(dict.fromkeys(str(difficulty_name(game, charts[each])) for each in numbers)),
            "charts": {str(number): charts[number].chart_id for number in numbers},
            "is_sure": is_sure,
            **why[numbers[0]],
        }
        for (title, _, is_sure), numbers in groups.items()
    ]


def _title_match(facts: Mapping[str, Any]) -> TitleMatch:
    if "likeness" in facts:  # a check of the release before is in words already
        return TitleMatch(**facts)
    if facts["is_sure"]:
        differs_in = [Difference(each) for each in facts["differs_in"]]
        likeness = import_texts.likeness_text(facts["looks_like"], differs_in)
    else:
        likeness = import_texts.likely_match(facts["percent"], is_one_letter=facts["is_one_letter"])
    return TitleMatch(
        title=facts["title"],
        rows=upload_texts.rows_named(facts["row_numbers"]),
        song=facts["song"],
        chart_names=facts["chart_names"],
        likeness=likeness,
        charts=facts["charts"],
        is_sure=facts["is_sure"],
    )


def read_check(facts: Mapping[str, Any]) -> Check:
    """What `check_facts` returned."""
    totals, rows = facts["totals"], facts["rows"]
    new, same, bad = totals[Verdict.NEW], _sum(totals, KNOWN_VERDICTS), _sum(totals, PROBLEM_VERDICTS)
    problems = [_problem_row(each) for each in facts["problems"]]
    matches = [_title_match(each) for each in facts["matches"]]
    game = game_name(facts["game"], facts["playtypes"])
    prediction = facts["prediction"] or {}
    found = {name: prediction.get(name, {}) for name in ("rating_changes", "class_deltas")}
    verdicts = rating_changes(Import(game=facts["game"], playtypes=facts["playtypes"], **found)) if prediction else []
    # Where a rating is predicted, its display shows the classes as well.
    deltas = [(find_playtype(delta["game"], delta["playtype"]), delta) for delta in facts["classes"] if not verdicts]
    return Check(
        name=facts["name"],
        about=upload_texts.about_file(facts["size"], format_name(facts["kind"]), game, rows, facts["service"]),
        heading=upload_texts.new_scores_heading(new),
        rail=rail(
            (("c-new", new), ("c-dup", same), ("c-bad", bad)),
            total=max(rows, 1),  # a file without rows has an empty rail
            label=upload_texts.check_rail_label(new, same, bad, rows),
        ),
        counts=_predicted_counts(totals, prediction) if prediction else _counts(totals, rows),
        notes=tuple(note for playtype, delta in deltas if playtype for note in class_notes(playtype, [delta])),
        verdicts=verdicts,
        gains=prediction.get("gains", ()),
        matches=matches,
        sure_matches=sum(match.is_sure for match in matches),
        chosen=facts["chosen"],
        problems=problems,
        problems_heading=upload_texts.rows_with_problems(bad),
        more=upload_texts.listed_part_note(len(problems), bad) if len(problems) < bad else "",
        button=upload_texts.import_scores_button(new),
        is_new=bool(new or facts["classes"]),  # a file may bring classes alone
        why_not=upload_texts.all_rows_needed(rows, bad) if bad else "",
        export=_export(facts),
    )


def _export(facts: Mapping[str, Any]) -> Export | None:
    export = facts.get("export")  # checks of the release before have none
    if not export:
        return None
    games = [(slug, BY_SLUG[slug].name, slug == facts["game"]) for slug in export["games"]]
    whose = upload_texts.export_of(export["username"], export["instance"])
    return Export(whose, BY_SLUG[facts["game"]].name, games)


def _problem_row(facts: Mapping[str, Any]) -> ProblemRow:
    kind, advice = facts["kind"], facts["advice"]
    is_kept = advice == WOULD_BE_KEPT
    words = {
        "kind": formatting.KINDS.get(kind, kind),
        "values": tuple(map(tuple, facts["values"])),
        "advice": upload_texts.WOULD_BE_KEPT if is_kept else upload_texts.CHECK_ADVICE.get(advice, ""),
    }
    return ProblemRow(**{**facts, **words})


def _counts(totals: Mapping[str, int], rows: int) -> tuple[Count, ...]:
    # Deleted scores are skipped as duplicates are, and our own errors as invalid rows are; both are named beside.
    deleted, broken = totals[Verdict.BLACKLISTED], totals[Verdict.BROKEN]
    return (
        Count(upload_texts.ROWS, rows),
        Count(upload_texts.NEW, totals[Verdict.NEW], swatch="c-new"),
        Count(
            upload_texts.DUPLICATES_SKIPPED,
            _sum(totals, KNOWN_VERDICTS),
            small=upload_texts.deleted_scores_note(deleted),
            swatch="c-dup",
        ),
        Count(upload_texts.UNKNOWN_CHART, totals[Verdict.UNKNOWN], swatch="c-bad"),
        Count(upload_texts.AMBIGUOUS, totals[Verdict.AMBIGUOUS], swatch="c-bad"),
        Count(
            upload_texts.INVALID,
            totals[Verdict.INVALID] + broken,
            small=upload_texts.internal_errors(broken),
            swatch="c-bad",
        ),
    )


def _predicted_counts(totals: Mapping[str, int], prediction: Mapping[str, Any]) -> tuple[Count, ...]:
    deleted = totals[Verdict.BLACKLISTED]
    bad = _sum(totals, PROBLEM_VERDICTS)
    return (
        Count(import_texts.NEW_SCORES, totals[Verdict.NEW], swatch="c-new"),
        Count(import_texts.BETTER_BESTS, prediction["best_count"]),
        Count(import_texts.FIRST_PLAYS, prediction["first_play_count"]),
        Count(
            upload_texts.DUPLICATES_SKIPPED,
            _sum(totals, KNOWN_VERDICTS),
            small=upload_texts.deleted_scores_note(deleted),
            swatch="c-dup",
        ),
        Count(import_texts.PROBLEMS, bad, url="#problems" if bad else "", swatch="c-bad"),
        Count(import_texts.SESSIONS, prediction["sessions"]),
    )


def _sum(totals: Mapping[str, int], verdicts: Sequence[Verdict]) -> int:
    return sum(totals[verdict] for verdict in verdicts)
