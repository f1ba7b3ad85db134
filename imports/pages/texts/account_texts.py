"""Texts of the pages of accounts, tokens and profiles. No database access."""

from __future__ import annotations

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from imports.pages.texts.translation import gettext_lazy

# --- signing up, signing in, staying in -------------------------------------------------------------

ACCOUNT, DELETE = gettext_lazy("Account"), gettext_lazy("Delete")
API_CLIENTS = gettext_lazy("API clients")
NAME_RESERVED = gettext_lazy("That name is reserved. Choose another one.")
NAME_RULE = gettext_lazy("3 to 21 letters, digits, _ or -. Your name is public and can't be changed later.")
PASSWORD_RULE = gettext_lazy("At least 8 characters, not only digits, and not a common password.")
NAME_IN_USE = gettext_lazy("That name is taken.")
SIGNUPS_OFF = gettext_lazy("Sign-ups are closed. Ask the server's administrator for an account.")
BANNED = gettext_lazy("This account is banned.")
# One text for an unknown name and a wrong password: different texts would show who has an account.
NOT_KNOWN = gettext_lazy("Wrong name or password. Passwords are case-sensitive; names are not.")
INACTIVE = gettext_lazy("This account is inactive.")
WRONG_PASSWORD = gettext_lazy("Wrong password.")
PASSWORD_CHANGED = gettext_lazy("Password changed. All other browsers were signed out.")
OTHERS_SIGNED_OUT = gettext_lazy("All other browsers were signed out.")
PROFILE_SAVED = gettext_lazy("Profile saved.")
PINS_SAVED = gettext_lazy("Your pinned scores are saved.")
PIN_NOT_MOVED = gettext_lazy("Nothing was moved: the pinned scores have changed meanwhile.")
TO_THE_PROFILE = gettext_lazy("Back to your profile")
PICTURE_HINT = gettext_lazy("PNG, JPEG, WebP or GIF, up to 1 MB. It is scaled down to 256 × 256 pixels.")
PICTURE_TOO_LARGE = gettext_lazy("This picture is too large. Choose one with at most 1 MB and 9 million pixels.")
NO_PICTURE = gettext_lazy("This file isn't a picture we can read. Choose a PNG, JPEG, WebP or GIF.")
PICTURE_SAVED = gettext_lazy("Picture saved.")
PICTURE_REMOVED = gettext_lazy("Picture removed.")
HOOKS_SAVED = gettext_lazy("Saved. Applies from the next score on.")
CARDS_HINT = gettext_lazy(
    "Fervidex: the IDs of your cards, one per line, at most six. Scores from other cards are "
    "skipped. Leave this empty to accept all cards."
)
NO_CARD = gettext_lazy("This is too long for a card ID.")
STATIC_FERVIDEX = gettext_lazy("Import the stored scores of arcade beatmania IIDX once (Fervidex)")
STATIC_KSHOOK = gettext_lazy("Import the stored scores of SOUND VOLTEX Konaste once (KsHook)")
STATIC_HINT = gettext_lazy("Applies the next time the game sends all its stored scores, then turns itself off.")


def welcome(name: str) -> str:
    return _("Welcome, {name}! Upload your first scores.").format(name=name)


def too_many_cards(most: int) -> str:
    return ngettext("No more than {most} card.", "No more than {most} cards.", most).format(most=most)


def retry_after(seconds: int) -> str:
    """Returns how long to wait after too many attempts."""
    minutes = -(-seconds // 60)  # rounded up: a request after this time must not be refused again
    return ngettext("Try again in {count} minute.", "Try again in {count} minutes.", minutes).format(
        count=f"{minutes:,}"
    )


# --- mail -------------------------------------------------------------------------------------------

ADDRESS_REMOVED = gettext_lazy("Address removed.")
ADDRESS_VERIFIED = gettext_lazy("Address confirmed.")
RESET_SENT = gettext_lazy("If an account has this address, a link is on its way. It works for two hours.")


def link_sent(address: str) -> str:
    return _("We're sending a link to {address}. Open it within a day.").format(address=address)


# --- leaving ----------------------------------------------------------------------------------------

BUSY = gettext_lazy("An import or a revert is running. Wait until it is done, then try again.")
NOBODY_LEAVES = gettext_lazy("Wrong name or password, or the account isn't waiting to be deleted.")
ACCOUNT_RESTORED = gettext_lazy("Welcome back! Your account is restored.")


def scores_lost(count: int) -> str:
    return ngettext("{n} score", "{n} scores", count).format(n=f"{count:,}")


def bests_lost(count: int) -> str:
    return ngettext("{n} personal best", "{n} personal bests", count).format(n=f"{count:,}")


def sessions_lost(count: int) -> str:
    return ngettext("{n} session", "{n} sessions", count).format(n=f"{count:,}")


def imports_lost(count: int) -> str:
    return ngettext("{n} import with its file", "{n} imports with their files", count).format(n=f"{count:,}")


def unmatched_lost(count: int) -> str:
    return ngettext("{n} unmatched score", "{n} unmatched scores", count).format(n=f"{count:,}")


def tokens_lost(count: int) -> str:
    return ngettext("{n} token", "{n} tokens", count).format(n=f"{count:,}")


def clients_lost(count: int) -> str:
    return ngettext("{n} API client", "{n} API clients", count).format(n=f"{count:,}")


def game_hidden(game: str, due: datetime) -> str:
    return _("Your {game} profile is hidden and will be deleted on {day}. You can restore it until then.").format(
        game=game, day=_day(due)
    )


def game_restored(game: str) -> str:
    return _("Your {game} profile is restored.").format(game=game)


def account_hidden(due: datetime) -> str:
    return _("Your account is hidden and will be deleted on {day}. Until then you can restore it on this page.").format(
        day=_day(due)
    )


def _day(moment: datetime) -> str:
    # Translators: Django's letters for a date in a sentence.
    return date_format(moment, _("j F Y"))


# --- tokens -----------------------------------------------------------------------------------------

NO_PERMISSION_CHOSEN = gettext_lazy("Choose at least one permission.")
NAME_TAKEN = gettext_lazy("You already have a token with this name.")
PERMISSION_TEXTS: dict[str, tuple[str, str]] = {
    "submit_score": (gettext_lazy("Import scores"), gettext_lazy("Upload, restore and retry imports as you")),
    "delete_score": (gettext_lazy("Revert imports"), gettext_lazy("Revert imports and delete scores")),
    "customise_score": (gettext_lazy("Edit scores"), gettext_lazy("Change notes and highlights of scores")),
    "customise_session": (gettext_lazy("Edit sessions"), gettext_lazy("Change names and notes of sessions")),
    "customise_profile": (gettext_lazy("Edit the profile"), gettext_lazy("Change the text on your profile")),
    "manage_rivals": (
        gettext_lazy("Manage rivals"),
        gettext_lazy("For tools made for other servers; not used here"),
    ),
    "manage_targets": (
        gettext_lazy("Manage targets"),
        gettext_lazy("For tools made for other servers; not used here"),
    ),
    "manage_challenges": (
        gettext_lazy("Manage challenges"),
        gettext_lazy("For tools made for other servers; not used here"),
    ),
}
"""Permission -> what a token with it may do: label and explanation."""


def token_revoked_message(name: str) -> str:
    return _("Token “{name}” revoked. Tools using it have stopped working.").format(name=name)


# --- connecting tools -------------------------------------------------------------------------------


def no_return_address(tool: str) -> str:
    return _("{tool} has no return address.").format(tool=tool)


def wrong_return_address(tool: str) -> str:
    return _("The return address doesn't match the one {tool} registered.").format(tool=tool)


def wrong_request(tool: str) -> str:
    return _("The request of {tool} is invalid.").format(tool=tool)


# --- webhooks ---------------------------------------------------------------------------------------

DELIVERY_FAILURES = {
    "address": gettext_lazy("the address is in a private network"),
    "timeout": gettext_lazy("no answer in time"),
    "certificate": gettext_lazy("the TLS certificate was not accepted"),
    "connection": gettext_lazy("no connection"),
    "disconnected": gettext_lazy("the player is no longer connected"),
    "crashed": gettext_lazy("something went wrong on our side"),
}
"""Failure of the model -> why a delivery failed; for the missing one, the response's status tells."""


def delivery_outcome(*, is_over: bool, status: int | None, failure: str) -> str:
    """Returns the state of an event: delivered, waiting, to be retried, or given up, and why."""
    if not failure:
        return _("Delivered ({status})").format(status=status) if is_over else _("Waiting")
    reason = DELIVERY_FAILURES.get(failure) or _("answer {status}").format(status=status)
    if is_over:
        return _("Failed: {reason}").format(reason=reason)
    return _("Will be tried again: {reason}").format(reason=reason)


# --- commands ---------------------------------------------------------------------------------------


def curl(address: str, secret: str) -> str:
    """Returns a shell command that submits scores.json."""
    headers = f'-H "Authorization: Bearer {secret}" -H "Content-Type: application/json"'
    return f"curl {address} {headers} --data-binary @scores.json"
