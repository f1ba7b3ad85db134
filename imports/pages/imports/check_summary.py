"""The result of a check, for its page. It is stored as JSON beside the file (`pending_uploads`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from django.urls import reverse

from imports.catalogue.chart_names import difficulty_name
from imports.catalogue.format_names import format_name
from imports.formats import kept_rows
from imports.formats.base import ChartReference, Contents
from imports.formats.lookalikes import Difference
from imports.formats.skipped import is_cut_off
from imports.games import BY_SLUG
from imports.jobs import Upload
from imports.models import Import, ImportSession, Score
from imports.pages.components.charts_and_distributions import effect_text, highlights, new_bests
from imports.pages.components.import_summary import class_notes, find_playtype, rating_changes
from imports.pages.components.view_models import Count, DiffRow, Note, ProblemRow, Rail, RatingChange, rail
from imports.pages.core.display_names import game_name
from imports.pages.imports.earlier_imports import import_of_scores
from imports.pages.imports.problems.problem_rows import relevant_values
from imports.pages.imports.problems.row_correction import reference_to_correct
from imports.pages.imports.problems.row_explanations import explain_row, marked, row_facts
from imports.pages.imports.problems.title_matches import TITLE, likely_matches
from imports.pages.texts import formatting, import_texts, problem_texts, revert_texts, score_texts, upload_texts
from imports.pages.texts.failures import cut_off_cause
from imports.pipeline.checking import CheckResult, Verdict
from imports.pipeline.suggestions import Kept, chart_reference_of, sure_matches
from imports.submissions import games_in

WOULD_BE_KEPT = "kept"  # advice for rows whose song or chart is unknown
MAX_LISTED = 500  # stored problems; more would fill Redis, and nobody reads them one by one
KNOWN_VERDICTS = (Verdict.DUPLICATE, Verdict.REPEATED, Verdict.BLACKLISTED)
PROBLEM_VERDICTS = (Verdict.UNKNOWN, Verdict.AMBIGUOUS, Verdict.INVALID, Verdict.BROKEN)


@dataclass(frozen=True, slots=True)
class Check:
    """`import-check.html`: a checked file. `why_not`: the reason if an all-or-nothing import would be refused.

    `left_out_url`: a file of the rows with problems. `imported_before`: a sentence if no row is new.
    `earlier_url`: of the import that the scores are from, if all are from the same one.
    """

    name: str
    about: str
    heading: str
    rail: Rail
    counts: tuple[Count, ...]
    notes: tuple[Note, ...]
    verdicts: Sequence[RatingChange]
    gains: Sequence[DiffRow]
    matches: Sequence[TitleMatch]
    sure_matches: int
    picked: Sequence[PickedTitle]
    problems: Sequence[ProblemRow]
    problems_heading: str
    more: str
    button: str
    is_new: bool
    why_not: str
    left_out_url: str
    imported_before: str
    earlier_url: str
    export: Export | None


@dataclass(frozen=True, slots=True)
class Export:
    """The owner of an export, and its games: slug, name, whether it is the shown one."""

    whose: str
    game: str
    games: Sequence[tuple[str, str, bool]]


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """An unknown title and the matching song, sure or likely. `pick_url`: to pick another chart."""

    title: str
    rows: str
    song: str
    chart_names: str
    likeness: str
    percent: int
    is_sure: bool
    pick_url: str


@dataclass(frozen=True, slots=True)
class PickedTitle:
    """Rows with a picked chart. `title`: their title, or a description if they have none (`is_title`).

    `outcome`: whether they count as new bests; empty if that was not predicted.
    """

    title: str
    is_title: bool
    rows: str
    song: str
    chart_names: str
    outcome: str


def check_facts(
    checked: CheckResult, upload: Upload, contents: Contents | None, prediction: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Returns the data of a check for its page, as JSON data. `prediction`: from `predicted`, None without one."""
    context = checked.context
    sent = context.as_sent()
    left_out = [row.problem for row in checked.rows if row.problem is not None]
    known = row_facts({problem.row: Kept(problem.datapoint, sent, upload.import_type) for problem in left_out})
    problems = [
        ProblemRow(
            row=problem.row,
            kind=problem.type,  # translated when it is read, in the language of that time
            message=problem.message,
            values=tuple(relevant_values(problem.datapoint, problem.message)),
            advice=WOULD_BE_KEPT if problem.is_unknown else problem.type,
        )
        for problem in left_out
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
        "problems": [{**asdict(problem), "known": known.get(problem.row)} for problem in problems],
        "prediction": prediction,
        "earlier_url": import_of_scores(Score.objects.filter(pk__in=checked.known)) if checked.known else "",
        "matches": _title_matches(checked, upload),
        "unknown": _unknown_rows(checked, upload),
        # For the previous release, which reads the number of rows with a picked chart.
        "chosen": len(kept_rows.decode_chosen(upload.fields.get(kept_rows.CHOSEN_FIELD, "{}"))),
        "export": contents
        and {"username": contents.username, "instance": contents.instance, "games": games_in(contents)},
    }


def predicted(job: Import, *, picked: Collection[str] = ()) -> dict[str, Any]:
    """Returns the predicted results of an import, as JSON data. `picked`: IDs of the charts picked by hand."""
    return {
        "rating_changes": job.rating_changes,
        "class_deltas": job.class_deltas,
        "best_count": job.best_count,
        "first_play_count": job.first_play_count,
        "sessions": ImportSession.objects.filter(job=job).count(),
        "gains": [asdict(row) for row in highlights(job)],
        "picked": {chart: [effect, is_first] for chart, (effect, is_first) in new_bests(job, picked).items()},
    }


def _title_matches(checked: CheckResult, upload: Upload) -> list[dict[str, Any]]:
    """Returns unknown titles that look like known ones, each once, sure ones first. Two queries, more for likely ones.

    As JSON data, translated when it is read. Likely ones only if their songs have the charts of the rows:
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
    asked = {number: found for number in charts if (found := chart_reference_of(unknown[number])) is not None}
    groups: dict[tuple[str, int, bool], list[int]] = defaultdict(list)
    for number, reference in asked.items():
        groups[reference.identifier, charts[number].song.pk, number in sure].append(number)
    game = checked.context.game
    return [
        {
            "title": title,
            "row_numbers": numbers,
            "difficulties": list(dict.fromkeys(asked[each].difficulty or "" for each in numbers)),
            "song": charts[numbers[0]].song.title,
            "chart_names": ", ".join(dict.fromkeys(str(difficulty_name(game, charts[each])) for each in numbers)),
            "charts": {str(number): charts[number].chart_id for number in numbers},
            "is_sure": is_sure,
            **why[numbers[0]],
        }
        for (title, _, is_sure), numbers in groups.items()
    ]


def _unknown_rows(checked: CheckResult, upload: Upload) -> list[dict[str, Any]]:
    """Returns the listed rows for which a chart can be picked, grouped by title and difficulty."""
    sent = checked.context.as_sent()
    groups: dict[ChartReference, list[int]] = defaultdict(list)
    for row in checked.rows:
        if row.problem is not None:
            kept = Kept(row.problem.datapoint, sent, upload.import_type)
            if (asked := reference_to_correct(row.problem.type, kept)) is not None:
                groups[asked].append(row.row)
    return [{"asked": asdict(asked), "rows": rows} for asked, rows in groups.items()]


def _title_match(facts: Mapping[str, Any], pick_urls: Mapping[int, str]) -> TitleMatch:
    is_sure, percent = facts.get("is_sure", True), facts.get("percent", 100)  # the previous release has only sure ones
    if "likeness" in facts:  # texts of a check by the previous release are already in words
        likeness, rows = facts["likeness"], facts["rows"]
    else:
        difficulties = [each for each in facts.get("difficulties", ()) if each]
        rows = " · ".join(
            filter(None, [upload_texts.rows_named(facts["row_numbers"]), formatting.listed(difficulties)])
        )
        likeness = (
            problem_texts.sure_match(facts["looks_like"], [Difference(each) for each in facts["differs_in"]])
            if is_sure
            else problem_texts.likely_match(percent, is_one_letter=facts["is_one_letter"])
        )
    return TitleMatch(
        title=facts["title"],
        rows=rows,
        song=facts["song"],
        chart_names=facts["chart_names"],
        likeness=likeness,
        percent=percent,
        is_sure=is_sure,
        pick_url=next((url for row in facts["charts"] if (url := pick_urls.get(int(row)))), ""),
    )


def _picked_title(pick: Mapping[str, Any], facts: Mapping[str, Any], rating: str) -> PickedTitle:
    """Returns the rows of a pick. `rating`: the name of the rating that the import changes."""
    bests = (facts["prediction"] or {}).get("picked")
    outcome = ""
    if bests is not None:
        found = [bests[chart] for chart in dict.fromkeys(pick["charts"].values()) if chart in bests]
        playtype = find_playtype(facts["game"], facts["playtypes"][0])
        gain = effect_text(sum(effect for effect, _ in found), playtype) if playtype else ""
        is_first = all(first for _, first in found)
        outcome = problem_texts.picked_outcome(len(found), is_first=is_first, gain=f"{gain} {rating}" if gain else "")
    is_title = pick["match_type"] == TITLE
    return PickedTitle(
        title=pick["title"] if is_title else revert_texts.identifier_text(pick["match_type"], pick["title"]),
        is_title=is_title,
        rows=upload_texts.rows_named(pick["row_numbers"]),
        song=pick["song"],
        chart_names=pick["chart_names"],
        outcome=outcome,
    )


def read_check(facts: Mapping[str, Any], check_id: str) -> Check:
    """Returns the check from the data of `check_facts`, with its picks."""
    totals, rows = facts["totals"], facts["rows"]
    new, same, bad = totals[Verdict.NEW], _sum(totals, KNOWN_VERDICTS), _sum(totals, PROBLEM_VERDICTS)
    pick_urls = {
        row: reverse("import-check-chart", args=[check_id, row])
        for group in facts.get("unknown", ())  # checks of the previous release have none
        for row in group["rows"]
    }
    matches = [_title_match(each, pick_urls) for each in facts["matches"]]
    # Titles with a suggestion are listed with it, and not among the other rows.
    suggested = {int(row) for each in facts["matches"] for row in each["charts"]}
    problems = [_problem_row(each, pick_urls) for each in facts["problems"] if each["row"] not in suggested]
    left_out = bad - len(suggested)
    game = game_name(facts["game"], facts["playtypes"])
    prediction = facts["prediction"] or {}
    found = {name: prediction.get(name, {}) for name in ("rating_changes", "class_deltas")}
    verdicts = rating_changes(Import(game=facts["game"], playtypes=facts["playtypes"], **found)) if prediction else []
    # If a rating is predicted, the classes are shown with it.
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
        counts=_predicted_counts(totals, prediction, where="#problems" if problems else "#titles")
        if prediction
        else _counts(totals, rows),
        notes=(
            *(
                Note("triangle-alert", cut_off_cause(problem.message, problem.row), problem_texts.NOT_SAVED_COMPLETELY)
                for problem in problems
                if is_cut_off(problem.message)
            ),
            *(note for playtype, delta in deltas if playtype for note in class_notes(playtype, [delta])),
        ),
        verdicts=verdicts,
        gains=msgspec.convert(prediction.get("gains", ()), tuple[DiffRow, ...]),
        matches=matches,
        sure_matches=sum(match.is_sure for match in matches),
        picked=[_picked_title(pick, facts, verdicts[0].name if verdicts else "") for pick in facts.get("picks", ())],
        problems=problems,
        problems_heading=upload_texts.rows_with_problems(left_out),
        more=upload_texts.listed_part_note(len(problems), left_out) if len(problems) < left_out else "",
        button=upload_texts.import_scores_button(new),
        is_new=bool(new or facts["classes"]),  # a file may have only classes
        why_not=upload_texts.stops_at_problems(bad) if bad else "",
        left_out_url=reverse("import-check-left-out", args=[check_id]) if bad else "",
        imported_before=upload_texts.imported_before(rows)
        if 0 < rows == totals[Verdict.DUPLICATE] and not facts["classes"]
        else "",
        earlier_url=facts.get("earlier_url", ""),
        export=_export(facts),
    )


def _export(facts: Mapping[str, Any]) -> Export | None:
    export = facts.get("export")  # checks of the previous release have none
    if not export:
        return None
    games = [(slug, BY_SLUG[slug].name, slug == facts["game"]) for slug in export["games"]]
    whose = upload_texts.export_of(export["username"], export["instance"])
    return Export(whose, BY_SLUG[facts["game"]].name, games)


def _problem_row(facts: Mapping[str, Any], pick_urls: Mapping[int, str]) -> ProblemRow:
    facts, advice = dict(facts), facts["advice"]
    is_kept = advice == WOULD_BE_KEPT
    said = explain_row(facts["kind"], facts["message"], facts.pop("known", None))
    words = {
        "kind": said.kind,
        "message": said.text,
        "song": said.song,
        "values": tuple(marked([*map(tuple, facts["values"])], said.offender)),
        "advice": upload_texts.WOULD_BE_KEPT if is_kept else upload_texts.CHECK_ADVICE.get(advice, ""),
        "mend_url": pick_urls.get(facts["row"], ""),
    }
    return ProblemRow(**{**facts, **words})


def _counts(totals: Mapping[str, int], rows: int) -> tuple[Count, ...]:
    known = _sum(totals, KNOWN_VERDICTS)
    # Deleted scores are counted with duplicates, and internal errors with invalid rows; both are also named.
    deleted, broken = totals[Verdict.BLACKLISTED], totals[Verdict.BROKEN]
    return (
        Count(upload_texts.row_label(rows), rows),
        Count(upload_texts.NEW, totals[Verdict.NEW], swatch="c-new"),
        Count(
            upload_texts.skipped_duplicate_label(known),
            known,
            small=upload_texts.deleted_scores_note(deleted),
            swatch="c-dup",
        ),
        Count(upload_texts.unknown_chart_label(totals[Verdict.UNKNOWN]), totals[Verdict.UNKNOWN], swatch="c-bad"),
        Count(upload_texts.AMBIGUOUS, totals[Verdict.AMBIGUOUS], swatch="c-bad"),
        Count(
            upload_texts.INVALID,
            totals[Verdict.INVALID] + broken,
            small=upload_texts.internal_errors(broken),
            swatch="c-bad",
        ),
    )


def _predicted_counts(totals: Mapping[str, int], prediction: Mapping[str, Any], *, where: str) -> tuple[Count, ...]:
    """`where`: the part of the page that lists the problems."""
    deleted = totals[Verdict.BLACKLISTED]
    known, bad = (_sum(totals, verdicts) for verdicts in (KNOWN_VERDICTS, PROBLEM_VERDICTS))
    new, bests, first = totals[Verdict.NEW], prediction["best_count"], prediction["first_play_count"]
    return (
        Count(import_texts.new_score_label(new), new, swatch="c-new"),
        Count(score_texts.new_best_label(bests), bests),
        Count(score_texts.first_play_label(first), first),
        Count(
            upload_texts.skipped_duplicate_label(known),
            known,
            small=upload_texts.deleted_scores_note(deleted),
            swatch="c-dup",
        ),
        Count(import_texts.problem_label(bad), bad, url=where if bad else "", swatch="c-bad"),
        Count(import_texts.session_label(prediction["sessions"]), prediction["sessions"]),
    )


def _sum(totals: Mapping[str, int], verdicts: Sequence[Verdict]) -> int:
    return sum(totals[verdict] for verdict in verdicts)
