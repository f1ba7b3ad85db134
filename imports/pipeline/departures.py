"""Hides the data that a player wants deleted, restores it, and deletes it.

Hidden rows are moved out of their tables, so that lists, rankings, counts and searches need no conditions. A restore
moves them back unchanged, with their primary keys. A game is moved with all its imports; an import has one game.
Constraints between the tables are checked at the end of the transaction, so the rows can be moved in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models import ForeignObjectRel

from imports.errors import ImportFailed
from imports.games import BY_SLUG
from imports.models import APIClient, APIToken, AuditEntry, Departure, HiddenRow, OrphanRetry, User
from imports.models.jobs.departures import EVERYTHING

OF_GAME = "user_id = %(user)s AND (%(game)s = '' OR game = %(game)s)"
IMPORTS = f"(SELECT id FROM imports_import WHERE {OF_GAME})"
OF_IMPORTS = f"job_id IN {IMPORTS}"


@dataclass(frozen=True, slots=True)
class Moved:
    """A table whose rows are moved: the condition of the rows, and the column with bytes, if any."""

    model: str
    rows: str
    content: str = ""
    of_account: bool = False  # the rows belong to the account and not to a game


# Tables whose rows are selected by rows of another table precede that table.
TABLES = (
    Moved("ImportSession", f"session_id IN (SELECT id FROM imports_session WHERE {OF_GAME})"),
    Moved("Replay", f"score_id IN (SELECT score_id FROM imports_score WHERE {OF_GAME})", "content"),
    Moved("ImportProblem", OF_IMPORTS),
    Moved("RowCorrection", f"{OF_IMPORTS} OR corrected_by_id IN {IMPORTS}"),
    Moved("CarriedScores", OF_IMPORTS, "score_ids"),
    Moved("ImportInput", OF_IMPORTS, "content"),
    Moved("IdempotencyKey", OF_IMPORTS),
    Moved("Session", OF_GAME),
    Moved("SessionIdentity", OF_GAME),
    Moved("PersonalBest", OF_GAME),
    Moved("GameStats", OF_GAME),
    Moved("DailyRatings", OF_GAME),
    Moved("RankingEntry", OF_GAME),
    Moved("ClassAchievement", OF_GAME),
    Moved("Score", OF_GAME),
    Moved("OrphanScore", OF_GAME),
    Moved("ScoreBlacklist", "user_id = %(user)s AND (%(game)s = '' OR score->>'game' = %(game)s)"),
    Moved("Import", OF_GAME),
    Moved("APIToken", "user_id = %(user)s", of_account=True),
)
OF_CHARTS = ("PersonalBest", "Score")


def hide(departure: Departure) -> dict[str, int]:
    """Hides the data of the departure; returns the number of rows by model. The caller holds the player's lock."""
    # The retry would continue with orphans that no longer exist.
    OrphanRetry.objects.filter(user_id=departure.user_id).delete()
    counts = {}
    for moved in _tables_of(departure):
        table = _model(moved)._meta.db_table
        # Bytes are stored outside of the JSON, where they would be twice as long in hexadecimal.
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                WITH gone AS (DELETE FROM {table} WHERE {moved.rows} RETURNING *)
                INSERT INTO {HiddenRow._meta.db_table} (departure_id, "table", row, content)
                SELECT %(departure)s, %(model)s, to_jsonb(gone){f" - '{moved.content}'" if moved.content else ""},
                       {f"gone.{moved.content}" if moved.content else "NULL"} FROM gone
                """,
                {
                    "user": departure.user_id,
                    "game": departure.game,
                    "departure": departure.pk,
                    "model": moved.model,
                },
            )
            counts[moved.model] = cursor.rowcount
    return counts


def restore(departure: Departure) -> None:
    """Moves all hidden rows back, except scores on charts that no longer exist. The caller holds the player's lock.

    If scores are left out, so are daily ratings and ranking entries: these are computed again when the scores are
    rated.
    """
    is_whole = True
    for moved in reversed(list(_tables_of(departure))):
        first = HiddenRow.objects.filter(departure=departure, table=moved.model).order_by("pk").first()
        if first is None or (moved.model in ("DailyRatings", "RankingEntry") and not is_whole):
            continue
        # Only the columns of the hidden rows: columns that a release has added since then get their defaults.
        known = [str(field.column) for field in _model(moved)._meta.concrete_fields if not field.generated]
        columns = [name for name in known if name in first.row]
        table = _model(moved)._meta.db_table
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(f'new."{name}"' for name in columns)
        if moved.content:
            names, values = f"{names}, {moved.content}", f"{values}, hidden.content"
        is_there = "WHERE EXISTS (SELECT FROM imports_chart c WHERE c.id = new.chart_id)"
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                INSERT INTO {table} ({names}) SELECT {values}
                FROM (SELECT * FROM {HiddenRow._meta.db_table}
                      WHERE departure_id = %s AND "table" = %s ORDER BY id) hidden
                CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, hidden.row) AS new
                {is_there if moved.model in OF_CHARTS else ""}
                """,
                [departure.pk, moved.model],
            )
            if moved.model == "Score":
                is_whole = cursor.rowcount == departure.counts.get("Score")


def forget(departure: Departure) -> None:
    """Deletes the hidden data; of a whole account also all other data of the player, except the user ID.

    The ID stays, with an anonymous name, because audit entries of other users refer to it.
    """
    if departure.game != EVERYTHING:
        departure.delete()
        return
    user = departure.user
    _forget_in_admin_log(user)
    for related in User._meta.get_fields(include_hidden=True):
        if isinstance(related, ForeignObjectRel) and related.on_delete is models.CASCADE:
            # Everything that belongs to an account, also in third-party apps.
            related.related_model._base_manager.filter(**{related.field.name: user}).delete()
    # Reasons are removed from the audit entries about the player; actor, verb and time stay.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tachi.forgetting = 'on'")
        cursor.execute("UPDATE imports_auditentry SET reason = '' WHERE subject_id = %s AND reason <> ''", [user.pk])
        cursor.execute("SET LOCAL tachi.forgetting = 'off'")
    name = f"deleted-{user.pk}"
    is_taken = User.objects.filter(username__iexact=name).exclude(pk=user.pk).exists()
    # Every other column gets the default of a new account, including columns that a release adds.
    nobody = User(pk=user.pk, username=f"{name}-" if is_taken else name, leaves_at=user.leaves_at, is_active=False)
    nobody.set_unusable_password()
    nobody.save(force_update=True)


def _forget_in_admin_log(user: User) -> None:
    """Blanks the admin log entries about an account, its tokens and its clients, because they contain names."""
    noted = {
        User: [user.pk],
        APIClient: user.api_clients.values_list("pk", flat=True),
        APIToken: AuditEntry.objects.filter(subject=user, token__isnull=False).values_list("token_id", flat=True),
    }
    for model, keys in noted.items():
        about = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
        about.filter(object_id__in=[str(key) for key in keys]).update(object_repr="", change_message="")


def refuse_hidden(user_id: int, game: str) -> None:
    """Raises ImportFailed while scores of a game are hidden, because they could not be restored beside new ones."""
    with connection.cursor() as cursor:  # building it with the ORM takes longer than running it
        cursor.execute(
            f"SELECT EXISTS (SELECT FROM {Departure._meta.db_table} WHERE user_id = %s AND game IN (%s, %s))",
            [user_id, game, EVERYTHING],
        )
        is_hidden = cursor.fetchone()[0]
    if is_hidden:
        name = BY_SLUG[game].name
        message = f"Your {name} profile is going to be deleted. Cancel that on your account page, then import again."
        raise ImportFailed(message, status=409)


def _tables_of(departure: Departure) -> Iterator[Moved]:
    return (moved for moved in TABLES if departure.game == EVERYTHING or not moved.of_account)


def _model(moved: Moved) -> type[models.Model]:
    return apps.get_model("imports", moved.model)
