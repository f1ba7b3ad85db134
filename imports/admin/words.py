"""Names of tables, columns, roles and audit verbs on the moderators' pages.

Not in the models: there each name would need a migration, and the API would have to be protected from translations.
"""

from __future__ import annotations

from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from imports.models import AuthLevel, User

TABLES = {
    "apiclient": (gettext_lazy("API client"), gettext_lazy("API clients")),
    "apitoken": (gettext_lazy("API token"), gettext_lazy("API tokens")),
    "auditentry": (gettext_lazy("audit entry"), gettext_lazy("audit entries")),
    "authorizationcode": (gettext_lazy("authorization code"), gettext_lazy("authorization codes")),
    "blockedclient": (gettext_lazy("blocked client"), gettext_lazy("blocked clients")),
    "carriedscores": (gettext_lazy("carried scores"), gettext_lazy("carried scores")),
    "chart": (gettext_lazy("chart"), gettext_lazy("charts")),
    "classachievement": (gettext_lazy("class achievement"), gettext_lazy("class achievements")),
    "course": (gettext_lazy("course"), gettext_lazy("courses")),
    "dailyratings": (gettext_lazy("daily ratings"), gettext_lazy("daily ratings")),
    "dataexport": (gettext_lazy("data export"), gettext_lazy("data exports")),
    "dataexportpart": (gettext_lazy("data export part"), gettext_lazy("data export parts")),
    "departure": (gettext_lazy("departure"), gettext_lazy("departures")),
    "gamerules": (gettext_lazy("game rules"), gettext_lazy("game rules")),
    "gamestats": (gettext_lazy("game stats"), gettext_lazy("game stats")),
    "hiddenrow": (gettext_lazy("hidden row"), gettext_lazy("hidden rows")),
    "hooksettings": (gettext_lazy("hook settings"), gettext_lazy("hook settings")),
    "idempotencykey": (gettext_lazy("idempotency key"), gettext_lazy("idempotency keys")),
    "import": (gettext_lazy("import"), gettext_lazy("imports")),
    "importinput": (gettext_lazy("import input"), gettext_lazy("import inputs")),
    "importproblem": (gettext_lazy("import problem"), gettext_lazy("import problems")),
    "importsession": (gettext_lazy("import session"), gettext_lazy("import sessions")),
    "importtimestop": (gettext_lazy("import timestop"), gettext_lazy("import timestops")),
    "knownplace": (gettext_lazy("known place"), gettext_lazy("known places")),
    "mail": (gettext_lazy("mail"), gettext_lazy("mails")),
    "orphanretry": (gettext_lazy("orphan retry"), gettext_lazy("orphan retries")),
    "orphanscore": (gettext_lazy("orphan score"), gettext_lazy("orphan scores")),
    "personalbest": (gettext_lazy("personal best"), gettext_lazy("personal bests")),
    "playerchart": (gettext_lazy("player chart"), gettext_lazy("player charts")),
    "profilepicture": (gettext_lazy("profile picture"), gettext_lazy("profile pictures")),
    "replay": (gettext_lazy("replay"), gettext_lazy("replays")),
    "rerating": (gettext_lazy("rerating"), gettext_lazy("reratings")),
    "rowcorrection": (gettext_lazy("row correction"), gettext_lazy("row corrections")),
    "score": (pgettext_lazy("column", "score"), gettext_lazy("scores")),
    "scoreblacklist": (gettext_lazy("blacklisted score"), gettext_lazy("blacklisted scores")),
    "session": (gettext_lazy("session"), gettext_lazy("sessions")),
    "sessionidentity": (gettext_lazy("session identity"), gettext_lazy("session identities")),
    "song": (gettext_lazy("song"), gettext_lazy("songs")),
    "rankingentry": (gettext_lazy("ranking entry"), gettext_lazy("ranking entries")),
    "user": (gettext_lazy("user"), gettext_lazy("users")),
    "waitingchart": (gettext_lazy("waiting chart"), gettext_lazy("waiting charts")),
    "webhookdelivery": (gettext_lazy("webhook delivery"), gettext_lazy("webhook deliveries")),
}
"""Model -> its name, singular and plural."""

COLUMNS = {
    "about": gettext_lazy("about"),
    "address": gettext_lazy("address"),
    "artist": gettext_lazy("artist"),
    "at": gettext_lazy("time"),
    "attempts": gettext_lazy("attempts"),
    "author": gettext_lazy("author"),
    "actor": gettext_lazy("by"),
    "added_at": gettext_lazy("added"),
    "best_count": gettext_lazy("new bests"),
    "by": gettext_lazy("by"),
    "chart": gettext_lazy("chart"),
    "chart_hash": gettext_lazy("chart hash"),
    "chart_id": gettext_lazy("chart ID"),
    "class_set": gettext_lazy("class set"),
    "classes": gettext_lazy("classes"),
    "client": gettext_lazy("client"),
    "client_id": gettext_lazy("client ID"),
    "closed_at": gettext_lazy("closed"),
    "closed_by": gettext_lazy("closed by"),
    "comment": gettext_lazy("comment"),
    "corrected_by": gettext_lazy("corrected by"),
    "counts": gettext_lazy("counts"),
    "created": gettext_lazy("created"),
    "created_at": gettext_lazy("created"),
    "created_by": gettext_lazy("created by"),
    "datapoint": gettext_lazy("row data"),
    "day": gettext_lazy("day"),
    "delivered_at": gettext_lazy("delivered"),
    "departure": gettext_lazy("departure"),
    "desc": gettext_lazy("description"),
    "difficulty": gettext_lazy("difficulty"),
    "due_at": gettext_lazy("due"),
    "duplicate_count": gettext_lazy("duplicates"),
    "edited": gettext_lazy("edited"),
    "error_message": gettext_lazy("error message"),
    "expires_at": gettext_lazy("expires"),
    "export": gettext_lazy("data export"),
    "email_changed_at": gettext_lazy("e-mail verified"),
    "failure": gettext_lazy("failure"),
    "file_name": gettext_lazy("file name"),
    "first_play_count": gettext_lazy("first plays"),
    "first_played": gettext_lazy("first played"),
    "force_static_import": gettext_lazy("force static import"),
    "from_import": gettext_lazy("import"),
    "game": gettext_lazy("game"),
    "highlight": gettext_lazy("highlight"),
    "hook": gettext_lazy("hook"),
    "identifier": gettext_lazy("identifier"),
    "import_id": gettext_lazy("import ID"),
    "import_type": gettext_lazy("import type"),
    "is_banned": gettext_lazy("banned"),
    "is_primary": gettext_lazy("primary"),
    "job": gettext_lazy("import"),
    "kept": gettext_lazy("kept"),
    "key": gettext_lazy("key"),
    "kind": gettext_lazy("kind"),
    "language": gettext_lazy("language"),
    "last_score_time": gettext_lazy("last score"),
    "last_used_at": gettext_lazy("last used"),
    "level": gettext_lazy("level"),
    "level_num": gettext_lazy("level as number"),
    "may_import_classes": gettext_lazy("may import classes"),
    "merged_into": gettext_lazy("merged into"),
    "message": gettext_lazy("message"),
    "name": gettext_lazy("name"),
    "new_value": gettext_lazy("new value"),
    "next_attempt_at": gettext_lazy("next attempt"),
    "number": gettext_lazy("number"),
    "old_value": gettext_lazy("old value"),
    "orphan": gettext_lazy("orphan score"),
    "orphan_count": gettext_lazy("orphan scores"),
    "pattern": gettext_lazy("pattern"),
    "permissions": gettext_lazy("permissions"),
    "pin_place": gettext_lazy("place among pinned scores"),
    "player_count": gettext_lazy("players"),
    "players_done": gettext_lazy("players done"),
    "playtype": gettext_lazy("playtype"),
    "problem_count": gettext_lazy("problems"),
    "processed": gettext_lazy("processed"),
    "ratings": gettext_lazy("ratings"),
    "reason": gettext_lazy("reason"),
    "received_at": gettext_lazy("received"),
    "redirect_uri": gettext_lazy("redirect URI"),
    "removed": gettext_lazy("removed"),
    "requested_at": gettext_lazy("requested"),
    "rescued": gettext_lazy("rescued"),
    "revert_reason": gettext_lazy("reason for the revert"),
    "reverted_at": gettext_lazy("reverted"),
    "reverted_by": gettext_lazy("reverted by"),
    "row": gettext_lazy("row"),
    "row_count": gettext_lazy("rows"),
    "rules": gettext_lazy("rules"),
    "score": pgettext_lazy("column", "score"),
    "score_count": gettext_lazy("scores"),
    "score_id": gettext_lazy("score ID"),
    "scores_changed": gettext_lazy("scores changed"),
    "service": gettext_lazy("service"),
    "session": gettext_lazy("session"),
    "session_id": gettext_lazy("session ID"),
    "size": gettext_lazy("size"),
    "song": gettext_lazy("song"),
    "song_id": gettext_lazy("song ID"),
    "state": gettext_lazy("state"),
    "status": gettext_lazy("status"),
    "status_code": gettext_lazy("status code"),
    "stored_at": gettext_lazy("stored"),
    "subject": gettext_lazy("player"),
    "table": gettext_lazy("table"),
    "time_achieved": gettext_lazy("achieved"),
    "time_added": gettext_lazy("added"),
    "time_applied": gettext_lazy("applied"),
    "time_finished": gettext_lazy("finished"),
    "time_inserted": gettext_lazy("added"),
    "time_queued": gettext_lazy("queued"),
    "time_started": gettext_lazy("started"),
    "title": gettext_lazy("title"),
    "token": gettext_lazy("token"),
    "total": gettext_lazy("total"),
    "type": gettext_lazy("type"),
    "user": gettext_lazy("user"),
    "username": gettext_lazy("name"),
    "user_intent": gettext_lazy("started by the player"),
    "value": gettext_lazy("value"),
    "verb": gettext_lazy("action"),
    "year": gettext_lazy("year"),
}
"""Column -> its heading. Other columns, which only developers read, keep their database names."""

VERBS = {
    "uploaded": gettext_lazy("uploaded"),
    "completed": gettext_lazy("completed"),
    "failed": gettext_lazy("failed"),
    "reverted": gettext_lazy("reverted"),
    "restored": gettext_lazy("restored"),
    "retried": gettext_lazy("retried"),
    "cancelled": gettext_lazy("cancelled"),
    "class set": gettext_lazy("class set by hand"),
    "score deleted": gettext_lazy("score deleted"),
    "score edited": gettext_lazy("score edited"),
    "session edited": gettext_lazy("session edited"),
    "blacklisted": gettext_lazy("blacklisted"),
    "orphans tried": gettext_lazy("orphan scores retried"),
    "orphan deleted": gettext_lazy("orphan score deleted"),
    "banned": gettext_lazy("banned"),
    "unbanned": gettext_lazy("ban lifted"),
    "token made": gettext_lazy("token created"),
    "token revoked": gettext_lazy("token revoked"),
    "client blocked": gettext_lazy("client blocked"),
    "client unblocked": gettext_lazy("client unblocked"),
    "second factor made": gettext_lazy("second factor set up"),
    "second factor ended": gettext_lazy("second factor reset"),
    "data exported": gettext_lazy("data exported"),
    "leaving": gettext_lazy("deletion requested"),
    "stayed": gettext_lazy("deletion cancelled"),
    "left": gettext_lazy("deleted"),
}
ROLES = {
    AuthLevel.USER: gettext_lazy("user"),
    AuthLevel.MODERATOR: gettext_lazy("moderator"),
    AuthLevel.ADMIN: gettext_lazy("administrator"),
    AuthLevel.BANNED: gettext_lazy("banned"),
}


def name_models() -> None:
    """Sets the translated names of the admin's tables and columns."""
    for model in admin.site._registry:
        options = model._meta
        if options.app_label != "imports":
            continue
        if options.model_name in TABLES:
            options.verbose_name, options.verbose_name_plural = TABLES[options.model_name]
        for column in options.get_fields():
            # Django has translations for its own columns.
            if hasattr(column, "verbose_name") and column.name in COLUMNS:
                column.verbose_name = COLUMNS[column.name]


def what_happened(verb: str, actor: User | None) -> str:
    """Formats an audit entry as a line: `Reverted by mo`."""
    what = capfirst(str(VERBS.get(verb, verb)))
    return _("{action} by {player}").format(action=what, player=actor) if actor else what


def count_name(name: str) -> str:
    """Returns the name of a number in an audit entry."""
    return str(COLUMNS.get(name) or name.removesuffix("_count").replace("_", " "))
