"""What the pages say of songs, charts, scores and sessions. Pure."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.pages.texts import gettext_lazy

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_METRICS = {"exScore": "EX score", "bp": "BP", "gsmEasy": "Gauge (easy)", "gsmHard": "Gauge (hard)", "bpi": "BPI"}


def metric_name(name: str) -> str:
    """A metric or judgement as a line's head: `maxCombo` is `Max combo`."""
    spaced = _HUMP.sub(" ", name).lower()
    return _METRICS.get(name) or spaced[:1].upper() + spaced[1:]


# --- scores -----------------------------------------------------------------------------------------

NOT_YOUR_SCORE = gettext_lazy("Only the player whose score this is, or an administrator, may do that.")
NOT_YOUR_SESSION = gettext_lazy("Only the player whose session this is may do that.")
SCORE_CHANGED = gettext_lazy("Changed.")
SCORE_DELETED = gettext_lazy("The score is deleted.")
SCORE_DELETED_FOR_GOOD = gettext_lazy("The score is deleted, and no later import brings it back.")
SCORE_GONE = gettext_lazy("This score is not there any more.")
SESSION_GONE = gettext_lazy("This session is not there any more.")
TO_THE_SCORE = gettext_lazy("Back to the score")
TO_THE_SESSION = gettext_lazy("Back to the session")
COMMENT = gettext_lazy("Comment")
HIGHLIGHT = gettext_lazy("Highlight")
SCORE_HIGHLIGHT_HINT = gettext_lazy("Marks it, and your best on this chart, as one to be proud of.")
SESSION_HIGHLIGHT_HINT = gettext_lazy("Marks it as one to be proud of.")
SESSION_NAME = gettext_lazy("Name")
SESSION_ABOUT = gettext_lazy("About it")
BLACKLIST = gettext_lazy("Keep it out for good")
BLACKLIST_HINT = gettext_lazy("Later imports that hold this score skip it, too.")


def list_of_values(count: int, low: str, high: str) -> str:
    """A metric that is a list of numbers: `1,000 values, 0 to 100`."""
    counted = ngettext("%(count)s value", "%(count)s values", count) % {"count": f"{count:,}"}
    return (
        counted if not count else _("%(values)s, %(low)s to %(high)s") % {"values": counted, "low": low, "high": high}
    )


def part_of_best(primary: bool, lends: list[str]) -> tuple[str, str]:
    """What a score is to its player's best on the chart, as the strong and the plain half of a sentence."""
    if primary and lends:
        return _("The best on this chart."), _("Also the one with: %(names)s.") % {"names": ", ".join(lends)}
    if primary:
        return _("The best on this chart."), ""
    if lends:
        return _("Part of the best on this chart:"), _("the one with %(names)s.") % {"names": ", ".join(lends)}
    return _("Not the best on this chart."), ""


def place(rank: int, out_of: int) -> str:
    """`#3 of 14`."""
    return _("#%(rank)s of %(all)s") % {"rank": f"{rank:,}", "all": f"{out_of:,}"}


def among_players(rank: int, out_of: int) -> str:
    return _("The best stands at %(place)s on the chart’s leaderboard.") % {"place": place(rank, out_of)}


# --- charts -----------------------------------------------------------------------------------------


def history_says(count: int, low: str, high: str) -> str:
    """The picture of one's scores on a chart, for those who do not see it."""
    said = ngettext("%(count)s score over time", "%(count)s scores over time", count) % {"count": f"{count:,}"}
    return _("%(scores)s, from %(low)s to %(high)s; the table holds the same numbers") % {
        "scores": said, "low": low, "high": high,
    }  # fmt: skip


def latest_of(shown: int, count: int) -> str:
    return (
        _("The latest %(shown)s of %(count)s") % {"shown": f"{shown:,}", "count": f"{count:,}"} if shown < count else ""
    )


# --- songs ------------------------------------------------------------------------------------------

SONGS = gettext_lazy("Songs")


def songs_of(game: str) -> str:
    return _("Songs of %(game)s") % {"game": game}
