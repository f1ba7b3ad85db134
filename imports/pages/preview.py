"""Everything that reverting an import changes, before it is done. What nobody can know yet is left out, not guessed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from imports.models import GameStats, Import, PersonalBest, Score, Session, State
from imports.pages import words
from imports.pages.naming import class_name, game_name, name_of
from imports.pages.numbers import format_change, signed
from imports.pages.parts import LedgerRow, Note, RevertPreview
from imports.pages.result import playtype_named, profile_rating, shown
from imports.pipeline.losses import Losses, carriers, losses_of
from imports.pipeline.revert import facts_before


def preview_of(job: Import, *, private: bool) -> RevertPreview:
    """What the confirmation says. By default shared scores are kept, so these are its numbers."""
    losses = losses_of(job)
    name = name_of(job, private=private)
    return RevertPreview(
        heading=words.REVERT_THIS,
        about=", ".join(part for part in (name, game_name(job.game, job.playtypes)) if part),
        ledger=(*_ratings(job, losses), *_amounts(job, losses)),
        button=words.revert_scores(losses.scores),
        notes=tuple(_notes(job, losses)),
        **_choice(job, losses, private=private),
    )


# --- the ledger -------------------------------------------------------------------------------------


def _ratings(job: Import, losses: Losses) -> Iterator[LedgerRow]:
    """Ratings and classes afterwards: those before the import, if nothing has happened since; else nobody knows yet."""
    if losses.kept or not _is_latest(job):
        return
    for stats in GameStats.objects.filter(user_id=job.user_id, game=job.game, playtype__in=job.rating_changes):
        playtype = playtype_named(stats.game, stats.playtype)
        changes = job.rating_changes[stats.playtype]
        if playtype is None or stats.ratings != {name: after for name, (_, after) in changes.items()}:
            continue
        for name, (before, after) in changes.items():
            if after is not None:
                change = format_change(after, before, shown(playtype, name), kind="profile")
                texts = [profile_rating(value, playtype, name) for value in (after, before)]
                yield LedgerRow(words.rating_name(name), texts[0], change, texts[1])
        yield from _classes(job, stats.playtype)


def _is_latest(job: Import) -> bool:
    """Whether no other import or revert has changed anything since."""
    later = Q(state=State.COMPLETED, time_finished__gt=job.time_finished) | Q(reverted_at__gt=job.time_finished)
    return not Import.objects.filter(later, user_id=job.user_id).exclude(pk=job.pk).exists()


def _classes(job: Import, name: str) -> Iterator[LedgerRow]:
    """Derived classes that fall back with the rating."""
    playtype = playtype_named(job.game, name)
    for delta in job.class_deltas:
        if playtype is None or delta["playtype"] != name or playtype.classes[delta["set"]].is_provided:
            continue
        new = class_name(playtype, delta["set"], delta["new"])
        old = class_name(playtype, delta["set"], delta["old"]) if delta["old"] else words.NONE
        label = words.class_set_name(delta["set"])
        yield LedgerRow(label, new, words.FALLS, old, is_number=False, direction="loss")


def _amounts(job: Import, losses: Losses) -> Iterator[LedgerRow]:
    mine = {"user_id": job.user_id, "game": job.game, "playtype__in": job.playtypes}
    yield _amount(words.SCORES, Score.objects.filter(**mine).count(), losses.scores)
    yield _amount(words.CHARTS, PersonalBest.objects.filter(**mine).count(), losses.charts)
    if not losses.sessions_changed:  # else they may fall apart, and nobody knows yet into how many
        yield _amount(words.SESSIONS, Session.objects.filter(**mine).count(), losses.sessions)


def _amount(name: str, now: int, lost: int) -> LedgerRow:
    return LedgerRow(name.capitalize(), f"{now:,}", signed(-lost) if lost else "", f"{now - lost:,}")


# --- words and choice -------------------------------------------------------------------------------


def _notes(job: Import, losses: Losses) -> Iterator[Note]:
    yield Note("undo-2", *words.scores_go(losses.scores, losses.bests, losses.charts))
    if losses.sessions or losses.sessions_changed:
        yield Note("undo-2", *words.sessions_go(losses.sessions, losses.sessions_changed))
    for delta in facts_before(job)["classes_staying"]:
        playtype = playtype_named(delta["game"], delta["playtype"])
        if playtype:
            yield Note("check", *words.class_stays(class_name(playtype, delta["set"], delta["new"])))


def _choice(job: Import, losses: Losses, *, private: bool) -> dict[str, Any]:
    """Only where another completed import carried some of these scores."""
    if not losses.kept:
        return {}
    others = carriers(job)
    heir = Import.objects.select_related("input").defer("input__content").get(pk=others[0])
    name = name_of(heir, private=private) if len(others) == 1 else ""
    whole = losses.scores + losses.kept
    return {
        "shared": words.also_came(losses.kept, name, len(others)),
        "keep_shared": words.keep_shared(losses.kept, name),
        "take_all": words.take_all(whole),
    }
