"""Texts of reverts, unmatched scores, and classes set by moderators. No database access."""

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

# --- changes by a revert ------------------------------------------------------------------------------

NOTHING_TO_REVERT = gettext_lazy("This import can't be reverted because it isn't completed.")
REVERT_THIS, REVERT = gettext_lazy("Revert this import?"), gettext_lazy("Revert import")
FALLS, GOES, NONE = gettext_lazy("drops"), gettext_lazy("removed"), gettext_lazy("none")
RISES = gettext_lazy("rises")


def revert_scores(count: int) -> str:
    """Returns the text of the button, with the number of scores that are removed."""
    if not count:
        return REVERT
    return ngettext("Revert {count} score", "Revert {count} scores", count).format(count=f"{count:,}")


def scores_removed(scores: int, bests: int, charts: int) -> tuple[str, str]:
    """Returns the strong and the plain half of a sentence about removed scores and their bests."""
    if not scores:
        return _("No scores will be removed."), _("All of them stay with another import.")
    go = ngettext("{count} score will be removed.", "{count} scores will be removed.", scores).format(
        count=f"{scores:,}"
    )
    return go, bests_fall_back(bests, charts)


def bests_fall_back(changed: int, unplayed: int) -> str:
    """Returns how the bests change."""
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
    """Returns the summary above the bests that change."""
    if count > shown:
        text = ngettext("{shown} of {count} changed best", "{shown} of {count} changed bests", count)
        return text.format(shown=shown, count=f"{count:,}")
    return ngettext("Show the changed best", "Show all {count} changed bests", count).format(count=f"{count:,}")


def sessions_changed(gone: int, shrunk: int, split: int, *, moved: int = 0, made: int = 0) -> str:
    """Returns how the sessions change."""
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
    """Returns the strong and the plain half of a sentence about a removed session."""
    return _("{name} is removed.").format(name=name), ngettext(
        "It has {count} score.", "It has {count} scores.", scores
    ).format(count=f"{scores:,}")


def session_shrinks(name: str, before: int, after: int) -> tuple[str, str]:
    return _("{name} gets shorter.").format(name=name), ngettext(
        "{after} of its {before} scores remains.", "{after} of its {before} scores remain.", after
    ).format(after=f"{after:,}", before=f"{before:,}")


def class_stays(name: str) -> tuple[str, str]:
    return _("{name} stays.").format(name=name), _("Set by the file; only a moderator can undo it.")


def shared_scores_question(kept: int, name: str, others: int, *, imports: int = 1) -> str:
    """Returns `9 of its scores also came with chunithm-net.json`; `imports` is the number of imports to revert."""
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
    """Returns label and hint of the choice to keep the shared scores."""
    return _("Keep {kept} shared").format(kept=f"{kept:,}"), _("They move to {name}.").format(
        name=name or _("the earliest import with the score")
    )


def take_all_choice(scores: int) -> tuple[str, str]:
    return _("Remove all {scores}").format(scores=f"{scores:,}"), _(
        "Shared scores are removed too, although the other file contains them."
    )


def revert_result(scores: int, kept: int) -> str:
    """Returns the result of a revert: `205 scores removed, 9 kept with another import`."""
    taken = ngettext("{count} score removed", "{count} scores removed", scores).format(count=f"{scores:,}")
    return _("{taken}, {kept} kept with another import").format(taken=taken, kept=f"{kept:,}") if kept else taken


# --- several imports --------------------------------------------------------------------------------

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
    """Returns the notice about chosen imports that cannot be reverted."""
    return ngettext(
        "{count} selected import isn't completed and is skipped.",
        "{count} selected imports aren't completed and are skipped.",
        count,
    ).format(count=f"{count:,}")


def reverted_heading(count: int) -> str:
    return ngettext("{count} import reverted", "{count} imports reverted", count).format(count=f"{count:,}")


def bulk_revert_result(scores: int, kept: int) -> str:
    """Returns the total result of several reverts."""
    taken = ngettext("{count} score removed", "{count} scores removed", scores).format(count=f"{scores:,}")
    return (
        _("{taken}, {kept} kept with other imports.").format(taken=taken, kept=f"{kept:,}") if kept else sentence(taken)
    )


def restoring(count: int) -> str:
    return ngettext("Restoring {count} import…", "Restoring {count} imports…", count).format(count=f"{count:,}")


def not_restored(count: int) -> str:
    return ngettext("{count} import couldn't be restored.", "{count} imports couldn't be restored.", count).format(
        count=f"{count:,}"
    )


# --- unmatched scores ---------------------------------------------------------------------------------

NO_ORPHANS = gettext_lazy("There is nothing left to retry.")
RETRY_BROKE = gettext_lazy(
    "Something went wrong on our side while retrying. It has been logged, and no score was lost."
)
ORPHAN_GONE = gettext_lazy("This score was already imported or removed.")
ORPHAN_DELETED = gettext_lazy("Deleted. The row is still listed as a problem of its import.")


def orphans_deleted(count: int) -> str:
    return ngettext(
        "{count} score deleted. Its row is still listed as a problem of its import.",
        "{count} scores deleted. Their rows are still listed as problems of their imports.",
        count,
    ).format(count=f"{count:,}")


_LOOKED_FOR_BY = {
    "tachiSongID": gettext_lazy("Song number {identifier}"),
    "sdvxInGameID": gettext_lazy("In-game ID {identifier}"),
    "arcaeaInGameStrID": gettext_lazy("In-game ID {identifier}"),
    "gcmInGameIDSpecialChart": gettext_lazy("In-game ID {identifier}"),
    "inGameID": gettext_lazy("In-game ID {identifier}"),
    "inGameStrID": gettext_lazy("In-game ID {identifier}"),
}
"""Match type -> label of its identifier; titles need none, and all others are hashes of charts."""
_BY_FINGERPRINT = gettext_lazy("Chart {identifier}")


def identifier_text(match_type: str, identifier: str) -> str:
    """Returns the identifier of a row that has no title: `Song number 999`, `Chart d41d8c…`."""
    return _LOOKED_FOR_BY.get(match_type, _BY_FINGERPRINT).format(identifier=identifier)


def scores_matched(count: int) -> str:
    return ngettext(
        "{count} score is being imported on the chart that it matches.",
        "{count} scores are being imported on the charts that they match.",
        count,
    ).format(count=f"{count:,}")


def matched_scores_imported(count: int) -> str:
    return ngettext("{count} score imported.", "{count} scores imported.", count).format(count=f"{count:,}")


def titles_matched(titles: int, bests: int) -> str:
    """Returns the result of a matching: `12 titles matched, 9 new bests.`"""
    parts = [ngettext("{count} title matched", "{count} titles matched", titles).format(count=f"{titles:,}")]
    if bests:
        parts.append(ngettext("{count} new best", "{count} new bests", bests).format(count=f"{bests:,}"))
    return sentence(listed(parts))


def gain_of_title(bests: int, gain: str) -> str:
    """Returns what the scores of a title brought: `2 new bests, +0.011 VOLFORCE`."""
    if not bests:
        return _("No new best")
    return listed(
        [ngettext("{count} new best", "{count} new bests", bests).format(count=f"{bests:,}"), *filter(None, [gain])]
    )


def more_titles(count: int) -> str:
    return ngettext("and {count} more title", "and {count} more titles", count).format(count=f"{count:,}")


def orphans_notice(count: int) -> str:
    """Returns the notice about the unmatched rows of an import."""
    return ngettext(
        "{count} of these rows is saved until its song and chart are known.",
        "{count} of these rows are saved until their song and chart are known.",
        count,
    ).format(count=f"{count:,}")


def orphan_retry_result(processed: int, rescued: int, removed: int) -> tuple[str, str]:
    """Returns the strong and the plain half of a sentence about the result of a retry of the orphans."""
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


# --- classes set by moderators ------------------------------------------------------------------------

NO_CLASS = gettext_lazy("none")


def class_change_line(game: str, name: str, before: str, after: str) -> str:
    """`SOUND VOLTEX, Dan: LV.10 became LV.09`."""
    return _("{game}, {name}: {before} became {after}").format(game=game, name=name, before=before, after=after)


def class_set_note(name: str, before: str, after: str, *, by: str, reason: str) -> tuple[str, str]:
    """Returns the strong and the plain half of the note that a moderator changed a class of an import."""
    return _("{name} was set from {before} to {after}.").format(name=name, before=before, after=after), with_reason(
        _("By {by}").format(by=by or _("a moderator")), reason
    )
