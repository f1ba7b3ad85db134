"""Texts about each tool on the page of tools. No database access."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.pages.texts.translation import gettext_lazy

ALL_GAMES = gettext_lazy("All games")
CONNECT, SET_UP_AGAIN = gettext_lazy("Connect"), gettext_lazy("Set up again")
PURPOSES: Mapping[str, str] = {
    "ir/barbatos": gettext_lazy("Sends scores from SOUND VOLTEX VIVID WAVE and EXCEED GEAR."),
    "ir/beatoraja": gettext_lazy("The internet ranking of BMS and PMS, built in."),
    "ir/fervidex": gettext_lazy("Sends beatmania IIDX scores and dans."),
    "ir/kshook-sv6c": gettext_lazy("Sends each SOUND VOLTEX Konaste score after you play."),
    "ir/lr2hook": gettext_lazy("Sends Lunatic Rave 2 scores and courses."),
    "ir/usc": gettext_lazy("The internet ranking of unnamed SDVX clone, built in."),
}
"""Import type -> what the program does."""
REQUIREMENTS: Mapping[str, str] = {
    "ir/barbatos": gettext_lazy("Windows, the game on this PC"),
    "ir/beatoraja": gettext_lazy("beatoraja or LR2oraja"),
    "ir/fervidex": gettext_lazy("Version 1.3.0 or later"),
    "ir/kshook-sv6c": gettext_lazy("Windows, the game on this PC"),
    "ir/lr2hook": gettext_lazy("Windows, Lunatic Rave 2"),
    "ir/usc": gettext_lazy("Any system the game runs on"),
}
"""Import type -> what the program needs."""


def sends_scores_of(games: str) -> str:
    """Returns the description of a program that is not in `PURPOSES`."""
    return _("Sends scores of {games}.").format(games=games)


def permissions_asked(permissions: str) -> str:
    return _("Permissions: {permissions}").format(permissions=permissions) if permissions else _("No permissions")


def quiet_for(days: int) -> str:
    return ngettext("Quiet for {days} day", "Quiet for {days} days", days).format(days=days)
