"""Everything that reverting imports changes, as the confirmation tells it. `undo.preview` finds it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q

from imports.catalogue.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.integers import milliseconds
from imports.models import GameStats, Import, PersonalBest, Score, Session
from imports.pages.components.import_summary import find_playtype, profile_rating, rating_format
from imports.pages.components.lamp_colors import shown_lamp
from imports.pages.components.score_rows import main_number
from imports.pages.components.song_names import played_song
from imports.pages.components.view_models import ChangeRow, DiffRow, Line, Note, RevertPreview
from imports.pages.core.display_names import class_name, game_name, import_description, import_name, kept_until
from imports.pages.core.urls import import_url
from imports.pages.texts import formatting, import_texts, revert_texts
from imports.pages.texts.numbers import format_change, format_rating, format_signed
from imports.pipeline.scoring.chart_loading import charts_by_pk
from imports.pipeline.undo.preview import BestChange, Changes, ValueChange, preview
from imports.pipeline.undo.revert import RevertRequest

MAX_LISTED_BESTS = 50
MAX_NAMED_SESSIONS = 4


def revert_preview(jobs: Sequence[Import], revert_request: RevertRequest) -> RevertPreview:
    """Of imports of one player. Raises PlayerLocked or NotRevertible as the revert would.

    Whoever may revert may see the names of files, too.
    """
    changes = preview(jobs, revert_request)
    bests = [change for change in changes.bests if change.after is not None]
    found = RevertPreview(
        heading=revert_texts.revert_these(len(jobs)),
        about="",
        change_rows=(*_value_rows(changes), *_staying_rows(jobs, changes), *_count_rows(jobs, changes)),
        button=revert_texts.revert_imports(len(jobs)),
        keep_label=revert_texts.LEAVE,
        notes=tuple(_notes(changes, fallen=len(bests))),
        diffs=tuple(_diffs(bests[:MAX_LISTED_BESTS])),
        diffs_title=revert_texts.bests_one_by_one(len(bests), shown=MAX_LISTED_BESTS),
        **_keep_shared_choice(changes, imports=len(jobs)),
    )
    if len(jobs) > 1:
        newest_first = sorted(jobs, key=lambda job: job.pk, reverse=True)
        return replace(
            found,
            imports=tuple(import_line(job) for job in newest_first),
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
        # Where the reader still chooses what becomes of shared scores, a number on the button might be wrong.
        button=revert_texts.REVERT if changes.kept else revert_texts.revert_scores(changes.scores),
    )


def import_line(job: Import) -> Line:
    """An import in a list of few words, for whoever may see its file's name."""
    name = import_name(job, private=True)
    return Line(
        name=name,
        url=import_url(job),
        about=import_description(job, name=name),
        strong=import_texts.import_result(scores=job.score_count, duplicates=0),
        time=milliseconds(job.time_queued),
    )


# --- now, change, after -------------------------------------------------------------------------------


def _value_rows(changes: Changes) -> Iterator[ChangeRow]:
    """Ratings and classes that change."""
    places = {(change.game, change.playtype) for change in (*changes.ratings, *changes.classes)}

    def label(change: ValueChange, name: str) -> str:
        # Where several playtypes change, each row says of which it is.
        return f"{game_name(change.game, [change.playtype])}, {name}" if len(places) > 1 else name

    for change in sorted(changes.ratings, key=_is_second_rating):
        playtype = find_playtype(change.game, change.playtype)
        if playtype is None or change.name not in playtype.profile_ratings:
            continue
        name = label(change, formatting.rating_name(change.name))
        before, after = (profile_rating(value, playtype, change.name) for value in (change.before, change.after))
        difference = format_change(change.before, change.after, rating_format(playtype, change.name), kind="profile")
        if change.after is None:
            yield ChangeRow(name, before, revert_texts.GOES, revert_texts.NONE, direction="loss")
        elif before != after:  # of a change in digits that are not shown, nothing is to be seen
            yield ChangeRow(name, before, difference, after)
    for change in changes.classes:
        playtype = find_playtype(change.game, change.playtype)
        if playtype is None or change.name not in playtype.classes:
            continue
        name = label(change, formatting.class_set_name(change.name))
        before, after = (
            revert_texts.NONE if value is None else class_name(playtype, change.name, value)
            for value in (change.before, change.after)
        )
        verb = revert_texts.GOES if change.after is None else revert_texts.FALLS
        yield ChangeRow(name, before, verb, after, is_number=False, direction="loss")


def _is_second_rating(change: ValueChange) -> bool:
    playtype = find_playtype(change.game, change.playtype)
    return playtype is not None and change.name != playtype.default_profile_rating


def _staying_rows(jobs: Sequence[Import], changes: Changes) -> Iterator[ChangeRow]:
    """The ratings that stay, with what they are: a reader who sees no rating would look for it. One query."""
    changed = {(change.game, change.playtype, change.name) for change in changes.ratings}
    places = sorted({(job.game, playtype) for job in jobs for playtype in job.playtypes})
    stats = {(row.game, row.playtype): row.ratings for row in GameStats.objects.filter(user=jobs[0].user_id)}
    for game, name in places:
        playtype = find_playtype(game, name)
        if playtype is None or (game, name, playtype.default_profile_rating) in changed:
            continue
        rating = playtype.default_profile_rating
        value = stats.get((game, name), {}).get(rating)
        if value is not None:
            label = formatting.rating_name(rating)
            text = profile_rating(value, playtype, rating)
            yield ChangeRow(f"{game_name(game, [name])}, {label}" if len(places) > 1 else label, text, "", text)


def _count_rows(jobs: Sequence[Import], changes: Changes) -> Iterator[ChangeRow]:
    """Over all that is played where these imports brought something. Three queries."""
    where = Q(pk__in=())
    for game, playtype in sorted({(job.game, playtype) for job in jobs for playtype in job.playtypes}):
        where |= Q(game=game, playtype=playtype)
    mine = where & Q(user_id=jobs[0].user_id)
    # The preview is rolled back by now: what is counted is what there is before the revert.
    counts = (
        (import_texts.TABS["scores"], Score.objects.filter(mine).count(), changes.scores),
        (import_texts.CHARTS_HEAD, PersonalBest.objects.filter(mine).count(), changes.bests_gone),
        (import_texts.TABS["sessions"], Session.objects.filter(mine).count(), changes.sessions_lost),
    )
    for name, now, lost in counts:
        yield ChangeRow(name, f"{now:,}", format_signed(-lost) if lost else "", f"{now - lost:,}")


# --- sentences --------------------------------------------------------------------------------------


def _notes(changes: Changes, *, fallen: int) -> Iterator[Note]:
    yield Note("undo-2", *revert_texts.scores_removed(changes.scores, fallen, changes.bests_gone))
    if changes.kept:
        yield Note("info", "", revert_texts.kept_scores_notice(changes.kept))
    yield from _session_notes(changes)
    # What stays is said as well: a player who reverts a wrong file expects its classes to go.
    for delta in changes.classes_staying:
        playtype = find_playtype(delta["game"], delta["playtype"])
        if playtype is not None:
            yield Note("check", *revert_texts.class_stays(class_name(playtype, delta["set"], delta["new"])))


def _session_notes(changes: Changes) -> Iterator[Note]:
    """A sentence for each session that goes or loses scores where they are few; else how many change, and how."""
    if not changes.sessions and not changes.sessions_made:
        return
    # Sessions that split or move have parts and times that no name tells.
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
    """Only where other completed imports carried some of these scores."""
    kept = changes.kept
    if not kept:
        return {}
    others = list(changes.shared)
    name = ""
    if len(others) == 1:  # several are counted, as a list of names would be longer than the question
        other = Import.objects.select_related("input").defer("input__content").get(import_id=others[0])
        name = import_name(other, private=True)
    return {
        "shared": revert_texts.shared_scores_question(kept, name, len(others), imports=imports),
        "keep_shared": revert_texts.keep_shared_choice(kept, name),
        "take_all": revert_texts.take_all_choice(changes.scores + kept),
    }


def _diffs(changes: Sequence[BestChange]) -> Iterator[DiffRow]:
    """Bests that fall back, before and after. Two queries."""
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
            # A best may fall in its lamp alone, or in its score alone.
            changes=tuple(pair for pair in pairs if pair[0] != pair[1]),
            change=format_change(ratings[0], ratings[1], shown, kind="score"),
            value=format_rating(ratings[1], shown, kind="score"),
        )
