"""Sessions: the islands of a player's timed scores in one game and playtype."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils import timezone

from imports.models.accounts import User
from imports.models.documents import Import


def new_session_id() -> str:
    return "Q" + secrets.token_hex(20)


class Session(models.Model):
    """An island: scores whose neighbours are at most two hours apart (`pipeline.sessions`).

    Which scores belong to it needs no column: those of the user, game and playtype with
    `time_started <= time_achieved <= time_ended`. Times in Unix milliseconds.
    """

    session_id = models.CharField(max_length=41, default=new_session_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions", db_index=False)
    game = models.CharField(max_length=16)
    playtype = models.CharField(max_length=16)
    name = models.CharField(max_length=80)
    desc = models.CharField(max_length=120, null=True, blank=True)  # noqa: DJ001 - the API tells null from ""
    highlight = models.BooleanField(default=False)
    time_inserted = models.DateTimeField(default=timezone.now)
    time_started = models.FloatField()
    time_ended = models.FloatField()
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
            models.UniqueConstraint(
                fields=("user", "game", "playtype", "time_started"),
                name="sessions_of_a_player_do_not_coincide",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )
        indexes = (
            models.Index("user", models.F("time_ended").desc(), name="session_by_end"),
            models.Index(
                "user",
                "game",
                "playtype",
                models.F("time_started").desc(),
                models.F("id").desc(),
                name="session_by_player",
            ),
            models.Index(
                "game", "playtype", models.F("time_started").desc(), models.F("id").desc(), name="session_by_start"
            ),
        )

    def __str__(self) -> str:
        return self.name


class ImportSession(models.Model):
    """An import's part in a session, derived from the scores. It created it if it brought its first score."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="parts", db_index=False)
    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="session_parts")
    created = models.BooleanField()
    score_count = models.PositiveIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("session", "job"), name="one_part_a_session_and_import"),)

    def __str__(self) -> str:
        return "Created" if self.created else "Appended"
