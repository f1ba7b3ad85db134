"""Sessions: the islands of a player's timed scores in one game and playtype."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models.functions import Greatest
from django.utils import timezone

from imports.models.accounts import User
from imports.models.documents import Import
from imports.models.results.scores import Score


def new_session_id() -> str:
    return "Q" + secrets.token_hex(20)


class BaseSession(models.Model):
    """Name and times of a session. `…_edited`: set by the player. Times in Unix milliseconds."""

    session_id = models.CharField(max_length=41, default=new_session_id, editable=False)
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    desc = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - the API tells null from ""
    highlight = models.BooleanField(default=False)
    name_edited = models.BooleanField(default=False, db_default=False)
    desc_edited = models.BooleanField(default=False, db_default=False)
    highlight_edited = models.BooleanField(default=False, db_default=False)
    time_inserted = models.DateTimeField(default=timezone.now)
    time_started = models.FloatField()
    time_ended = models.FloatField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Session(BaseSession):
    """An island: scores whose neighbours are at most two hours apart (`derived.sessions`).

    No column says which scores belong to it: they are those of the user, game and playtype with
    `time_started <= time_achieved <= time_ended`. `anchor`: the time of the score that determined its identity
    (`derived.session_identities`); None, in rows of the previous release, means the start.
    """

    # `session_by_end` begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    anchor = models.FloatField(null=True)
    score_count = models.PositiveIntegerField()
    calculated_data = models.JSONField()
    imports: models.ManyToManyField[Import, ImportSession] = models.ManyToManyField(
        Import, through="ImportSession", related_name="sessions"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("session_id",), name="session_ids_are_unique"),
            models.CheckConstraint(
                condition=models.Q(time_started__lte=models.F("time_ended")), name="a_session_starts_before_it_ends"
            ),
            # Deferred: while sessions are merged and split, two may temporarily have the same start.
            models.UniqueConstraint(
                fields=("user", "game", "playtype", "time_started"),
                name="sessions_of_a_player_do_not_coincide",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )
        indexes = (
            # For the calendar of a player.
            models.Index("user", models.F("time_ended").desc(), name="session_by_end"),
            # For the refresh, and for lists of a player's sessions.
            models.Index(
                "user",
                "game",
                "playtype",
                models.F("time_started").desc(),
                models.F("id").desc(),
                name="session_by_player",
            ),
            # For the feeds of a game.
            models.Index(
                "game", "playtype", models.F("time_started").desc(), models.F("id").desc(), name="session_by_start"
            ),
        )


class SessionIdentity(BaseSession):
    """An identity without a session row: hidden by an older one, without scores, or of a former larger session.

    `time_started` and `time_ended`: the interval of its session. Most sessions have no row here.
    """

    # `session_identity_by_player` begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="session_identities", db_index=False)
    anchor = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("session_id",), name="session_identities_are_unique"),)
        indexes = (models.Index(fields=("user", "game", "playtype", "time_ended"), name="session_identity_by_player"),)


def find_session(session_id: str) -> Session | None:
    """Returns the session with this ID, or the one that it was merged into."""
    sessions = Session.objects.select_related("user")
    # Most IDs belong to a session's own row; only those of merged sessions need the second query.
    if found := sessions.filter(session_id=session_id).first():
        return found
    hidden = SessionIdentity.objects.filter(session_id=session_id).first()
    if hidden is None:
        return None
    near = sessions.filter(
        user=hidden.user_id,
        game=hidden.game,
        playtype=hidden.playtype,
        time_started__lte=hidden.time_ended,
        time_ended__gte=hidden.time_started,
    )
    # As in `derived.session_identities.assign`: the session around the anchor, or the nearest in the interval.
    distance = Greatest(models.F("time_started") - hidden.anchor, hidden.anchor - models.F("time_ended"), 0.0)
    return near.order_by(distance, "time_started").first()


def session_of(score: Score) -> Session | None:
    """Returns the session whose interval contains a score; None for untimed scores. Scores have no column for it."""
    if score.time_achieved is None:
        return None
    mine = Session.objects.filter(user=score.user_id, game=score.game, playtype=score.playtype)
    return mine.filter(time_started__lte=score.time_achieved, time_ended__gte=score.time_achieved).first()


class ImportSession(models.Model):
    """An import's part in a session, derived from the scores. `created`: it brought the first score of the session."""

    # The index of the constraint below begins with this column.
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="parts", db_index=False)
    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="session_parts")
    created = models.BooleanField()
    score_count = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("session", "job"), name="one_part_a_session_and_import"),)

    def __str__(self) -> str:
        return "Created" if self.created else "Appended"
