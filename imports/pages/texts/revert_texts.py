"""What the pages say of reverting one import or several, of scores kept aside, and of classes set by hand. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.pages.texts.formatting import and_listed, listed, sentence, with_reason
from imports.pages.texts.translation import gettext_lazy

# --- finding imports --------------------------------------------------------------------------------

ANY, ANYONE = gettext_lazy("Any"), gettext_lazy("Anyone")
ANY_WAY = gettext_lazy("Any source")
PERIODS = (
    ("1d", gettext_lazy("Last 24 hours")),
    ("7d", gettext_lazy("Last 7 days")),
    ("30d", gettext_lazy("Last 30 days")),
    ("90d", gettext_lazy("Last 90 days")),
)
YEAR = ("365d", gettext_lazy("Last year"))
FROM_DAY, TO_DAY = gettext_lazy("From"), gettext_lazy("To")
NO_DAY_BETWEEN = gettext_lazy("Choose a day that is not before the first one.")
BY_HAND, BY_ITSELF = gettext_lazy("A person"), gettext_lazy("Automatic")

# --- what a revert changes ----------------------------------------------------------------------------

NOTHING_TO_REVERT = gettext_lazy("This import can't be reverted because it isn't completed.")
REVERT_THIS, REVERT = gettext_lazy("Revert this import?"), gettext_lazy("Revert import")
FALLS, GOES, NONE = gettext_lazy("drops"), gettext_lazy("removed"), gettext_lazy("none")


def revert_scores(count: int) -> str:
    """The button: how many scores go is said where it is pressed."""
    if not count:
        return REVERT
    return ngettext("Revert {count} score", "Revert {count} scores", count).format(count=f"{count:,}")


def scores_removed(scores: int, bests: int, charts: int) -> tuple[str, str]:
    """What becomes of scores and bests, as the strong and the plain half of a sentence."""
    if not scores:
        return _("No scores will be removed."), _("All of them stay with another import.")
    go = ngettext("{count} score will be removed.", "{count} scores will be removed.", scores).format(
        count=f"{scores:,}"
    )
    return go, bests_fall_back(bests, charts)


def bests_fall_back(changed: int, unplayed: int) -> str:
    """What becomes of the bests."""
    parts = (
        (
            changed,
            ngettext(
                "{count} best returns to the previous score", "{count} bests return to the previous score", changed
            ),
        ),
        (unplayed, ngettext("{count} chart will have no score", "{count} charts will have no score", unplayed)),
    )
    told = and_listed([text.format(count=f"{count:,}") for count, text in parts if count])
    return sentence(told) or _("No bests change.")


def bests_one_by_one(count: int, *, shown: int) -> str:
    """The summary above the bests that change."""
    if count > shown:
        text = ngettext("{shown} of {count} changed best", "{shown} of {count} changed bests", count)
        return text.format(shown=shown, count=f"{count:,}")
    return ngettext("Show the changed best", "Show all {count} changed bests", count).format(count=f"{count:,}")


def sessions_changed(gone: int, shrunk: int, split: int, *, moved: int = 0, made: int = 0) -> str:
    """What becomes of the sessions."""
    parts = (
        (gone, ngettext("{count} session removed", "{count} sessions removed", gone)),
        (shrunk, ngettext("{count} session loses scores", "{count} sessions lose scores", shrunk)),
        (split, ngettext("{count} session splits", "{count} sessions split", split)),
        (
            moved,
            ngettext("{count} session changes its times", "{count} sessions change their times", moved),
        ),
        (made, ngettext("{count} session is new", "{count} sessions are new", made)),
    )
    return sentence(listed([text.format(count=f"{count:,}") for count, text in parts if count]))


def session_removed(name: str, scores: int) -> tuple[str, str]:
    """What becomes of a session, as the strong and the plain half of a sentence."""
    return _("{name} is removed.").format(name=name), ngettext(
        "It has {count} score.", "It has {count} scores.", scores
    ).format(count=f"{scores:,}")


def session_shrinks(name: str, before: int, after: int) -> tuple[str, str]:
    return _("{name} gets shorter.").format(name=name), ngettext(
        "It has {after} score left of {before}.", "It has {after} scores left of {before}.", after
    ).format(after=f"{after:,}", before=f"{before:,}")


def class_stays(name: str) -> tuple[str, str]:
    return _("{name} stays.").format(name=name), _("Set by the file; only a moderator can undo it.")


def shared_scores_question(kept: int, name: str, others: int, *, imports: int = 1) -> str:
    """`9 of its scores also came with chunithm-net.json`; `imports` is how many are to be reverted."""
    carrier = name or ngettext("{count} other import", "{count} other imports", others).format(count=f"{others:,}")
    return ngettext(
        "{kept} of its scores also came with {carrier}", "{kept} of their scores also came with {carrier}", imports
    ).format(kept=f"{kept:,}", carrier=carrier)


def kept_scores_notice(kept: int) -> str:
    return ngettext(
        "{kept} shared score is kept unless you choose otherwise below.",
        "{kept} shared scores are kept unless you choose otherwise below.",
        kept,
    ).format(kept=f"{kept:,}")


def keep_shared_choice(kept: int, name: str) -> tuple[str, str]:
    """Label and hint of the choice to keep them."""
    return _("Keep {kept} shared").format(kept=f"{kept:,}"), _("They move to {name}.").format(
        name=name or _("the earliest import with the score")
    )


def take_all_choice(scores: int) -> tuple[str, str]:
    return _("Remove all {scores}").format(scores=f"{scores:,}"), _(
        "Shared scores are removed too, although the other file contains them."
    )


def revert_result(scores: int, kept: int) -> str:
    """What a revert did: `205 scores removed, 9 kept with another import`."""
    taken = ngettext("{count} score removed", "{count} scores removed", scores).format(count=f"{scores:,}")
    return _("{taken}, {kept} kept with another import").format(taken=taken, kept=f"{kept:,}") if kept else taken


# --- several at once --------------------------------------------------------------------------------

CHOOSE_SOME = gettext_lazy("Select the imports to revert.")
ONE_PLAYER = gettext_lazy("Imports of several players cannot be reverted together.")
TOO_MANY = gettext_lazy("At most 100 imports can be reverted together.")
STATE_CHANGED = gettext_lazy(
    "Nothing was reverted: one of these imports is no longer completed. Check the preview again."
)
LEAVE = gettext_lazy("Cancel")


def revert_these(count: int) -> str:
    return ngettext("Revert {count} import?", "Revert these {count} imports?", count).format(count=f"{count:,}")


def revert_imports(count: int) -> str:
    return ngettext("Revert {count} import", "Revert {count} imports", count).format(count=f"{count:,}")


def not_completed_notice(count: int) -> str:
    """Of those that were chosen and cannot go."""
    return ngettext(
        "{count} selected import isn't completed and is skipped.",
        "{count} selected imports aren't completed and are skipped.",
        count,
    ).format(count=f"{count:,}")


def reverted_heading(count: int) -> str:
    return ngettext("{count} import reverted", "{count} imports reverted", count).format(count=f"{count:,}")


def bulk_revert_result(scores: int, kept: int) -> str:
    """What several reverts did together."""
    taken = ngettext("{count} score removed", "{count} scores removed", scores).format(count=f"{scores:,}")
    return (
        _("{taken}, {kept} kept with other imports.").format(taken=taken, kept=f"{kept:,}") if kept else sentence(taken)
    )


def restore_result(queued: int, refused: int) -> str:
    """What became of the wish to have several imports back."""
    again = ngettext("Restoring {count} import…", "Restoring {count} imports…", queued).format(count=f"{queued:,}")
    if not refused:
        return again
    text = ngettext(
        "{again} {count} import couldn't be restored.", "{again} {count} imports couldn't be restored.", refused
    )
    return text.format(again=again, count=f"{refused:,}")


# --- scores kept aside --------------------------------------------------------------------------------

NO_ORPHANS = gettext_lazy("There is nothing left to retry.")
RETRY_BROKE = gettext_lazy(
    "Something went wrong on our side while retrying. It has been logged, and no score was lost."
)
ORPHAN_DELETED = gettext_lazy("Deleted. The row is still listed as a problem of its import.")
ORPHAN_GONE = gettext_lazy("This score was already imported or removed.")
_LOOKED_FOR_BY = {
    "tachiSongID": gettext_lazy("Song number {identifier}"),
    "sdvxInGameID": gettext_lazy("In-game ID {identifier}"),
    "arcaeaInGameStrID": gettext_lazy("In-game ID {identifier}"),
    "gcmInGameIDSpecialChart": gettext_lazy("In-game ID {identifier}"),
    "inGameID": gettext_lazy("In-game ID {identifier}"),
    "inGameStrID": gettext_lazy("In-game ID {identifier}"),
}
"""Match type -> what its identifier is; titles speak for themselves, and everything else is a chart's fingerprint."""
_BY_FINGERPRINT = gettext_lazy("Chart {identifier}")


def identifier_text(match_type: str, identifier: str) -> str:
    """What a row names, where it names no title: `Song number 999`, `Chart d41d8c…`."""
    return _LOOKED_FOR_BY.get(match_type, _BY_FINGERPRINT).format(identifier=identifier)


def scores_matched(count: int) -> str:
    return ngettext(
        "{count} score is being imported on the chart that it matches.",
        "{count} scores are being imported on the charts that they match.",
        count,
    ).format(count=f"{count:,}")


def orphans_notice(count: int) -> str:
    """Of the rows of an import."""
    return ngettext(
        "{count} of these rows is saved until its song and chart are known.",
        "{count} of these rows are saved until their song and chart are known.",
        count,
    ).format(count=f"{count:,}")


def orphan_retry_result(processed: int, rescued: int, removed: int) -> tuple[str, str]:
    """What trying the orphans again did, as the strong and the plain half of a sentence."""
    kept = processed - rescued - removed
    parts = (
        (kept, ngettext("{count} still unmatched", "{count} still unmatched", kept)),
        (
            removed,
            ngettext("{count} already imported", "{count} already imported", removed),
        ),
    )
    rest = sentence(and_listed([text.format(count=f"{count:,}") for count, text in parts if count]))
    if not rescued:
        return _("No new matches."), rest
    went_in = ngettext("{count} of {processed} scores imported.", "{count} of {processed} scores imported.", rescued)
    return went_in.format(count=f"{rescued:,}", processed=f"{processed:,}"), rest


# --- classes set by hand ------------------------------------------------------------------------------

NO_CLASS = gettext_lazy("none")


def class_change_line(game: str, name: str, before: str, after: str) -> str:
    """`SOUND VOLTEX, Dan: LV.10 became LV.09`."""
    return _("{game}, {name}: {before} became {after}").format(game=game, name=name, before=before, after=after)


def class_set_note(name: str, before: str, after: str, *, by: str, reason: str) -> tuple[str, str]:
    """That a moderator changed a class which an import had brought."""
    return _("{name} was set from {before} to {after}.").format(name=name, before=before, after=after), with_reason(
        _("By {by}").format(by=by or _("a moderator")), reason
    )
