"""The changes of a revert, for the confirmation page and the page of a reverted import.

Computed by `undo.preview`, and stored by `undo.totals`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from imports.catalogue.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.integers import milliseconds
from imports.models import Import
from imports.pages.components.import_summary import find_playtype, profile_rating, rating_format
from imports.pages.components.lamp_colors import shown_lamp
from imports.pages.components.score_rows import main_number
from imports.pages.components.song_names import played_song
from imports.pages.components.view_models import ChangeRow, DiffRow, Line, Note, RevertPreview, ScoreRow
from imports.pages.core.display_names import class_name, game_name, import_description, import_name, kept_until
from imports.pages.core.urls import import_url
from imports.pages.imports.listing.single_scores import single_scores
from imports.pages.texts import formatting, import_texts, revert_texts
from imports.pages.texts.numbers import format_change, format_rating, format_signed
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.undo.preview import BestChange, Changes, preview
from imports.pipeline.undo.revert import RevertRequest
from imports.pipeline.undo.totals import TotalsChange

MAX_LISTED_BESTS = 50
MAX_NAMED_SESSIONS = 4


def revert_preview(jobs: Sequence[Import], revert_request: RevertRequest) -> RevertPreview:
    """Returns the preview of reverting imports of one player. Raises PlayerLocked or NotRevertible.

    Readers who may revert may also see file names.
    """
    changes = preview(jobs, revert_request)
    bests = [change for change in changes.bests if change.after is not None]
    found = RevertPreview(
        heading=revert_texts.revert_these(len(jobs)),
        about="",
        change_rows=tuple(_ledger_rows(changes.totals)),
        button=revert_texts.revert_imports(len(jobs)),
        keep_label=revert_texts.LEAVE,
        notes=tuple(_notes(changes)),
        diffs=tuple(_diffs(bests[:MAX_LISTED_BESTS])),
        diffs_title=revert_texts.bests_one_by_one(changes.bests_changed, shown=MAX_LISTED_BESTS),
        **_keep_shared_choice(changes, imports=len(jobs)),
    )
    if len(jobs) > 1:
        newest_first = sorted(jobs, key=lambda job: job.pk, reverse=True)
        # Uploaded files are shown by name; imports of tools have no file name.
        scores = single_scores([job for job in newest_first if not job.user_intent])
        return replace(
            found,
            imports=tuple(import_line(job, scores.get(job.pk)) for job in newest_first),
            import_ids=tuple(job.import_id for job in newest_first),
        )
    job = jobs[0]
    about = (import_name(job, private=True), game_name(job.game, job.playtypes))
    return replace(
        found,
        heading=revert_texts.REVERT_THIS,
        about=", ".join(part for part in about if part),
        time=milliseconds(job.time_finished or job.time_queued),
        until=kept_until(job),
        # The number depends on the choice about shared scores, which browsers without :has() do not follow.
        button=revert_texts.REVERT if changes.kept else revert_texts.revert_scores(changes.scores),
    )


def import_line(job: Import, score: ScoreRow | None = None) -> Line:
    """Returns a short row of an import, for readers who may see its file name. `score`: its only score, if any."""
    name = score.song.title if score else import_name(job, private=True)
    about = import_description(job, name=name)
    return Line(
        name=name,
        url=import_url(job),
        about=formatting.listed([score.chart, about]) if score else about,
        strong=score.score if score else import_texts.import_result(scores=job.score_count, duplicates=0),
        time=milliseconds(job.time_queued),
    )


# --- now, change, after -------------------------------------------------------------------------------


def reverted_rows(job: Import) -> tuple[ChangeRow, ...]:
    """Returns the stored changes of a reverted import; empty if an earlier release reverted it."""
    totals: dict[str, TotalsChange] | None = job.revert_totals
    return () if totals is None else tuple(_ledger_rows({(job.game, name): each for name, each in totals.items()}))


def _ledger_rows(totals: Mapping[tuple[str, str], TotalsChange]) -> Iterator[ChangeRow]:
    """Yields changed ratings and classes, the main rating if it stays, and numbers of scores, charts and sessions."""
    known = [
        # With several playtypes, each row has the name of its playtype.
        (f"{game_name(game, [name])}, " if len(totals) > 1 else "", playtype, change["before"], change["after"])
        for (game, name), change in sorted(totals.items())
        if (playtype := find_playtype(game, name)) is not None
    ]
    for is_main in (True, False):
        for label, playtype, before, after in known:
            for rating in playtype.profile_ratings:
                if (rating == playtype.default_profile_rating) is is_main:
                    yield from _rating_row(label, playtype, rating, before["ratings"], after["ratings"])
    for label, playtype, before, after in known:
        yield from _class_rows(label, playtype, before["classes"], after["classes"])
    # The main rating is shown even if it stays, because readers would look for it.
    for label, playtype, before, after in known:
        rating = playtype.default_profile_rating
        value = after["ratings"].get(rating)
        if value is not None and value == before["ratings"].get(rating):
            text = profile_rating(value, playtype, rating)
            yield ChangeRow(f"{label}{formatting.rating_name(rating, playtype)}", text, "", text)
    moments = [[change["before"] for change in totals.values()], [change["after"] for change in totals.values()]]
    for name, counts in (
        (import_texts.TABS["scores"], [sum(each["scores"] for each in moment) for moment in moments]),
        (import_texts.CHARTS_HEAD, [sum(each["charts"] for each in moment) for moment in moments]),
        (import_texts.TABS["sessions"], [sum(each["sessions"] for each in moment) for moment in moments]),
    ):
        old, new = counts
        yield ChangeRow(name, f"{old:,}", format_signed(new - old) if new != old else "", f"{new:,}")


def _rating_row(
    label: str, playtype: Playtype, rating: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[ChangeRow]:
    """Yields a changed rating; nothing for a change in digits that are not shown."""
    old, new = before.get(rating), after.get(rating)
    name = f"{label}{formatting.rating_name(rating, playtype)}"
    shown = profile_rating(old, playtype, rating), profile_rating(new, playtype, rating)
    if new is None and old is not None:
        yield ChangeRow(name, shown[0], revert_texts.GOES, revert_texts.NONE, direction="loss")
    elif shown[0] != shown[1]:
        difference = format_change(old, new, rating_format(playtype, rating), kind="profile")
        yield ChangeRow(name, shown[0], difference, shown[1])


def _class_rows(
    label: str, playtype: Playtype, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[ChangeRow]:
    """Yields changed classes. Most are lowered; a class that the import had lowered rises again."""
    for name, group in playtype.classes.items():
        old, new = before.get(name), after.get(name)
        # A release may have removed a class.
        if old == new or not {old, new} <= {None, *group.ids}:
            continue
        rises = new is not None and (old is None or group.index(new) > group.index(old))
        verb = revert_texts.GOES if new is None else revert_texts.RISES if rises else revert_texts.FALLS
        texts = [revert_texts.NONE if each is None else class_name(playtype, name, each) for each in (old, new)]
        label_of_row = f"{label}{formatting.class_set_name(name)}"
        direction = "gain" if rises else "loss"
        yield ChangeRow(label_of_row, texts[0], verb, texts[1], is_number=False, direction=direction)


# --- sentences --------------------------------------------------------------------------------------


def _notes(changes: Changes) -> Iterator[Note]:
    yield Note("undo-2", *revert_texts.scores_removed(changes.scores, changes.bests_changed, changes.bests_gone))
    if changes.kept:
        yield Note("info", "", revert_texts.kept_scores_notice(changes.kept))
    yield from _session_notes(changes)
    # Classes that stay are mentioned, because players may expect a revert to remove them.
    for delta in changes.classes_staying:
        playtype = find_playtype(delta["game"], delta["playtype"])
        if playtype is not None:
            yield Note("check", *revert_texts.class_stays(class_name(playtype, delta["set"], delta["new"])))


def _session_notes(changes: Changes) -> Iterator[Note]:
    """Yields a sentence for each removed or shortened session if they are few; otherwise their numbers."""
    if not changes.sessions and not changes.sessions_made:
        return
    # Split or moved sessions cannot be described by a name.
    is_plain = not (changes.sessions_made or changes.sessions_split or changes.sessions_moved)
    if is_plain and len(changes.sessions) <= MAX_NAMED_SESSIONS:
        for change in changes.sessions:
            name, count = change.before["name"], change.before["score_count"]
            said = (
                revert_texts.session_shrinks(name, count, change.after[0]["score_count"])
                if change.after
                else revert_texts.session_removed(name, count)
            )
            yield Note("undo-2", *said)
        return
    sessions = (changes.sessions_gone, changes.sessions_shrunk, changes.sessions_split)
    moved, made = changes.sessions_moved, len(changes.sessions_made)
    yield Note("undo-2", "", revert_texts.sessions_changed(*sessions, moved=moved, made=made))


def _keep_shared_choice(changes: Changes, *, imports: int) -> dict[str, Any]:
    """Returns the texts of the choice to keep shared scores; empty unless other completed imports carry some."""
    kept = changes.kept
    if not kept:
        return {}
    others = list(changes.shared)
    name = ""
    if len(others) == 1:  # several are only counted, because their names would make the question too long
        other = Import.objects.select_related("input").defer("input__content").get(import_id=others[0])
        name = import_name(other, private=True)
    return {
        "shared": revert_texts.shared_scores_question(kept, name, len(others), imports=imports),
        "keep_shared": revert_texts.keep_shared_choice(kept, name),
        "take_all": revert_texts.take_all_choice(changes.scores + kept),
        "button_if_kept": revert_texts.revert_scores(changes.scores) if imports == 1 else "",
        "button_if_taken": revert_texts.revert_scores(changes.scores + kept) if imports == 1 else "",
    }


def _diffs(changes: Sequence[BestChange]) -> Iterator[DiffRow]:
    """Yields bests that return to a lower score, before and after. Two queries."""
    charts = charts_by_pk(change.chart for change in changes)
    for change in changes:
        before, after = change.before, change.after or {}
        game = BY_SLUG[before["game"]]
        playtype = game.by_name[before["playtype"]]
        rating = playtype.default_score_rating
        shown = playtype.score_ratings[rating].shown
        ratings = [row["calculated_data"].get(rating) for row in (before, after)]
        lamps = [shown_lamp(game.slug, row["score_data"]) for row in (before, after)]
        scores = [main_number(row["score_data"], playtype) for row in (before, after)]
        pairs = ((scores[0], scores[1]), (lamps[0].short, lamps[1].short))
        yield DiffRow(
            song=played_song(charts[change.chart]),
            chart=difficulty_name(game, charts[change.chart]),
            light=lamps[1],
            # Only the lamp or only the score may change.
            changes=tuple(pair for pair in pairs if pair[0] != pair[1]),
            change=format_change(ratings[0], ratings[1], shown, kind="score"),
            value=format_rating(ratings[1], shown, kind="score"),
        )
