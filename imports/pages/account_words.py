"""What the pages of accounts, tokens and profiles say. Pure."""

from __future__ import annotations

from django.utils.translation import gettext as _

from imports.pages.texts import gettext_lazy
from imports.pages.words import count_of

# --- signing up, signing in, staying in -------------------------------------------------------------

NAME_RULE = gettext_lazy("3 to 21 letters, digits, _ or -. Everybody sees it, and it cannot be changed.")
PASSWORD_RULE = gettext_lazy("At least 8 characters, not only digits, and none that everybody uses.")
NAME_IN_USE = gettext_lazy("Somebody has this name. Choose another.")
SIGNUPS_OFF = gettext_lazy("New accounts are closed here. Whoever runs this server can make one for you.")
WRONG_PASSWORD = gettext_lazy("This is not your password.")
PASSWORD_CHANGED = gettext_lazy("Your password is changed. Every other browser was signed out.")
OTHERS_SIGNED_OUT = gettext_lazy("Every other browser was signed out. This one stays.")
PROFILE_SAVED = gettext_lazy("Your profile is saved.")


def welcome(name: str) -> str:
    return _("Welcome, {name}. This account is yours.").format(name=name)


def wait(seconds: int) -> str:
    """How long somebody who tried too often waits."""
    return _("Try again in {minutes}.").format(minutes=count_of(-(-seconds // 60), "minute"))


# --- tokens -----------------------------------------------------------------------------------------

MAY: dict[str, tuple[str, str]] = {
    "submit_score": (gettext_lazy("Import scores"), gettext_lazy("Upload, restore and retry imports as you")),
    "delete_score": (gettext_lazy("Revert imports"), gettext_lazy("Revert imports and delete scores")),
    "customise_score": (gettext_lazy("Comment"), gettext_lazy("Change notes and highlights of scores")),
    "customise_session": (gettext_lazy("Name sessions"), gettext_lazy("Change names and notes of sessions")),
    "customise_profile": (gettext_lazy("Edit the profile"), gettext_lazy("Change what your profile says of you")),
    "manage_rivals": (
        gettext_lazy("Manage rivals"),
        gettext_lazy("For tools of other instances; nothing here needs it"),
    ),
    "manage_targets": (
        gettext_lazy("Manage targets"),
        gettext_lazy("For tools of other instances; nothing here needs it"),
    ),
    "manage_challenges": (
        gettext_lazy("Manage challenges"),
        gettext_lazy("For tools of other instances; nothing here needs it"),
    ),
}
"""Permission -> what a token with it may do, and in more words."""


def curl(address: str, secret: str) -> str:
    """A line for the shell that submits scores.json."""
    given = f'-H "Authorization: Bearer {secret}" -H "Content-Type: application/json"'
    return f"curl {address} {given} --data-binary @scores.json"
