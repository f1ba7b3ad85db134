"""What the pages say of lists, of reverting several imports, of scores kept aside, and of classes set by hand. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _

from imports.pages.texts import gettext_lazy
from imports.pages.words import count_of, with_reason

# --- finding imports --------------------------------------------------------------------------------

ANY = gettext_lazy("Any")
ANY_WAY = gettext_lazy("Any way")
PERIODS = (
    ("1d", gettext_lazy("Last 24 hours")),
    ("7d", gettext_lazy("Last 7 days")),
    ("30d", gettext_lazy("Last 30 days")),
    ("90d", gettext_lazy("Last 90 days")),
)
YEAR = ("365d", gettext_lazy("Last year"))
FROM_DAY, BEFORE_DAY = gettext_lazy("From (day, UTC)"), gettext_lazy("Before (day, UTC)")
NO_DAY_BETWEEN = gettext_lazy("No day lies between the two: choose a later one here.")
BY_HAND, BY_ITSELF = gettext_lazy("A person"), gettext_lazy("A tool by itself")

# --- several at once --------------------------------------------------------------------------------

CHOOSE_SOME = gettext_lazy("Choose the imports that should be reverted.")
ONE_PLAYER = gettext_lazy("Imports of several players cannot be reverted together.")
TOO_MANY = gettext_lazy("At most 100 imports can be reverted together.")
MOVED_ON = gettext_lazy(
    "Nothing was reverted: one of these imports is not completed any more. Look again at what would change."
)
LEAVE = gettext_lazy("Leave everything")


def revert_these(count: int) -> str:
    return _("Revert these {imports}?").format(imports=count_of(count, "import"))


def revert_imports(count: int) -> str:
    return _("Revert {imports}").format(imports=count_of(count, "import"))


def not_completed(count: int) -> str:
    """Of those that were chosen and cannot go."""
    return _("{imports} {are} not completed, and left out here.").format(
        imports=count_of(count, "chosen import"), are=_("is") if count == 1 else _("are")
    )


def imports_reverted(count: int) -> str:
    return _("{imports} reverted").format(imports=count_of(count, "import"))


def taken_back(scores: int, kept: int) -> str:
    """What several reverts did together."""
    said = _("{scores} taken back").format(scores=count_of(scores, "score"))
    return _("{said}, {kept} kept with other imports.").format(said=said, kept=f"{kept:,}") if kept else f"{said}."


def restored(queued: int, refused: int) -> str:
    """What became of the wish to have several imports back."""
    said = _("{imports} queued again.").format(imports=count_of(queued, "import"))
    return (
        _("{said} {imports} could not be.").format(said=said, imports=count_of(refused, "import")) if refused else said
    )


FILE_GONE = gettext_lazy("Its file is no longer kept, so it cannot be brought back.")

# --- scores kept aside --------------------------------------------------------------------------------

NONE_LEFT = gettext_lazy("There is nothing left to try.")
ORPHAN_DELETED = gettext_lazy("Deleted. The import that brought it still tells of the row.")
ORPHAN_GONE = gettext_lazy("It is not here any more: it was rescued, reverted or deleted meanwhile.")
LOOKED_FOR_BY = {
    "tachiSongID": gettext_lazy("song number"),
    "sdvxInGameID": gettext_lazy("in-game ID"),
    "inGameID": gettext_lazy("in-game ID"),
    "inGameStrID": gettext_lazy("in-game ID"),
}
"""Match type -> what its identifier is; titles speak for themselves, and everything else is a chart's fingerprint."""


def looked_for(match_type: str, identifier: str) -> str:
    """What a row names, where it names no title: `song number 999`, `chart d41d8c…`."""
    return f"{LOOKED_FOR_BY.get(match_type, 'chart')} {identifier}"


def kept_aside(count: int) -> str:
    """Of the rows of an import."""
    return _("{rows} until song and chart are known.").format(
        rows=count_of(count, "of these rows waits", "of these rows wait")
    )


def tried(processed: int, rescued: int, removed: int) -> tuple[str, str]:
    """What trying the orphans again did, as the strong and the plain half of a sentence."""
    kept = processed - rescued - removed
    rest = [
        _("{scores} {are} still unknown").format(scores=count_of(kept, "score"), are=_("is") if kept == 1 else _("are"))
    ] * bool(kept)
    rest += [_("{scores} had come in another way").format(scores=count_of(removed, "score"))] * bool(removed)
    strong = (
        _("{scores} of {processed} went in.").format(scores=count_of(rescued, "score"), processed=f"{processed:,}")
        if rescued
        else _("None went in.")
    )
    return strong, f"{' and '.join(rest)}." if rest else ""


# --- classes set by hand ------------------------------------------------------------------------------

NO_CLASS = gettext_lazy("none")


def class_turn(game: str, name: str, before: str, after: str) -> str:
    """`SOUND VOLTEX, Dan: LV.10 became LV.09`."""
    return _("{game}, {name}: {before} became {after}").format(game=game, name=name, before=before, after=after)


def class_set_here(name: str, before: str, after: str, *, by: str, reason: str) -> tuple[str, str]:
    """That a moderator changed a class which an import had brought."""
    return _("{name} was set from {before} to {after}.").format(name=name, before=before, after=after), with_reason(
        _("By {by}").format(by=by or _("a moderator")), reason
    )
