"""Imports with their inputs and problems, and orphans."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from imports.errors import ProblemType
from imports.games import RULES
from imports.games.spec import OLDEST_RULES
from imports.models.accounts import User
from imports.models.search import SEARCH_VECTOR, search_query
from imports.models.tokens import APIToken


def new_import_id() -> str:
    """Returns 40 hexadecimal characters (20 random bytes)."""
    return secrets.token_hex(20)


def rules_of_today() -> int:
    """Returns the year of the newest rules."""
    return RULES


class State(models.TextChoices):
    """The state of an import. `pipeline.states` lists the transitions."""

    QUEUED = "queued", "queued"  # saved, waiting for a worker or for the player's earlier imports
    RUNNING = "running", "running"  # a worker has claimed it
    COMPLETED = "completed", "completed"  # its scores are stored
    FAILED = "failed", "failed"  # none of its scores are stored; the message gives the reason
    CANCELLED = "cancelled", "cancelled"  # stopped before it was completed; none of its scores are stored
    REVERTED = "reverted", "reverted"  # was completed; its scores have been removed


UNFINISHED = frozenset({State.QUEUED, State.RUNNING})
HIDDEN = frozenset({State.FAILED, State.CANCELLED, State.REVERTED})
MAX_REASON_LENGTH = 500  # characters of a reason for a revert; the API has the same limit


class ImportQuerySet(models.QuerySet["Import"]):
    """Imports, filtered by visibility and state."""

    def visible_to(self, user: User | AnonymousUser | None) -> ImportQuerySet:
        """Returns the imports that a user may see: all unfinished and completed ones, and their own in any state."""
        if isinstance(user, User) and not user.is_banned:
            if user.is_staff or user.is_superuser:  # as `permissions.is_moderator`, which models must not import
                return self
            return self.filter(Q(user=user) | ~Q(state__in=HIDDEN))
        return self.exclude(state__in=HIDDEN)

    def in_state(self, state: State, *, seen_by: User | AnonymousUser | None) -> ImportQuerySet:
        """Returns the visible imports in one state: as `visible_to`, in a form that can use an index."""
        matching = self.filter(state=state)
        if state not in HIDDEN:
            return matching
        if not isinstance(seen_by, User) or seen_by.is_banned:
            return matching.none()
        return matching if seen_by.is_staff or seen_by.is_superuser else matching.filter(user=seen_by)

    def search(self, text: str, *, clients: bool) -> ImportQuerySet:
        """Returns the imports that match each word of the text at the beginning of a word of their service.

        With `clients`, words of the client (User-Agent) count, too.
        """
        return self.alias(searched=SEARCH_VECTOR).filter(searched=search_query(text, clients=clients))

    def unfinished(self) -> ImportQuerySet:
        return self.filter(state__in=UNFINISHED)


FINISHED_LAST = (models.F("time_finished").desc(), models.F("id").desc())
QUEUED_LAST = (models.F("time_queued").desc(), models.F("id").desc())
LISTS = (
    ("import_list", ()),
    ("import_list_by_user", ("user",)),
    ("import_list_by_game", ("game",)),
    ("import_list_user_game", ("user", "game")),
)
"""Lists of completed imports: the name of the index, and the columns it is filtered by."""


class Import(models.Model):
    """A transaction on a player's scores: applied completely or not at all, and reversible. The row is the job.

    `put_aside` stores what a revert removed and a restore brings back (`undo.revert_snapshot`). `rules` are those of
    the release that accepted the import: a restore applies them again, whatever the current rules are.
    """

    import_id = models.CharField(max_length=40, default=new_import_id, editable=False)
    # `import_by_user` begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="imports", db_index=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    import_type = models.CharField(max_length=40)
    user_intent = models.BooleanField(default=False, help_text="A person asked for it (X-User-Intent).")
    client = models.CharField(max_length=200, blank=True, help_text="User-Agent that sent it.")
    # An import outlives its token.
    token = models.ForeignKey(APIToken, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    game = models.CharField(max_length=16, blank=True)
    playtypes = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    service = models.CharField(max_length=80, blank=True)

    time_queued = models.DateTimeField(default=timezone.now, db_index=False)
    time_started = models.DateTimeField(null=True, blank=True)
    time_finished = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    # The database default is for imports inserted by the previous release, which knows the oldest rules only.
    rules = models.PositiveSmallIntegerField(
        default=rules_of_today,
        db_default=OLDEST_RULES,
        editable=False,
        help_text="The year of the rules that its rows must keep.",
    )
    rated_by = models.PositiveSmallIntegerField(
        default=OLDEST_RULES,
        db_default=OLDEST_RULES,
        editable=False,
        help_text="The year of the rules by which its scores were rated when it completed.",
    )

    row_count = models.PositiveIntegerField(default=0, help_text="Rows in the input.")
    score_count = models.PositiveIntegerField(default=0, help_text="New scores.")
    duplicate_count = models.PositiveIntegerField(default=0, help_text="Scores that were there already.")
    problem_count = models.PositiveIntegerField(default=0, help_text="Rows left out.")
    best_count = models.PositiveIntegerField(default=0, help_text="Personal bests that changed for the better.")
    first_play_count = models.PositiveIntegerField(default=0, help_text="Charts played for the first time.")
    class_deltas = models.JSONField(default=list, blank=True, editable=False)
    rating_changes = models.JSONField(default=dict, blank=True, editable=False)
    # [chart, contribution of its best to the default profile rating], largest first (`rankings.gains`).
    rating_gains = models.JSONField(null=True, blank=True, editable=False)
    # Playtype -> lamp or grade -> value -> [bests before, bests after] (`scoring.best_counts`); null for a single row.
    best_counts = models.JSONField(null=True, blank=True, editable=False)
    stage_seconds = models.JSONField(default=dict, blank=True, editable=False)

    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error_message = models.TextField(blank=True)
    traceback = models.TextField(blank=True, editable=False, help_text="For staff: where an unexpected error arose.")
    reverted_at = models.DateTimeField(null=True, blank=True)
    reverted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revert_reason = models.TextField(blank=True)
    put_aside = models.JSONField(default=dict, blank=True, editable=False)
    # Of a reverted import: playtype -> the player's totals before and after the revert (`undo.totals`).
    revert_totals = models.JSONField(null=True, blank=True, editable=False)
    # Of an import that lowered a class: the history that a revert restores (`class_history.entries_of`).
    classes_before = models.JSONField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager[Import]] = ImportQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("import_id",), name="import_ids_are_unique"),
            models.CheckConstraint(
                condition=~Q(state=State.FAILED) | (~Q(error_message="") & Q(status_code__isnull=False)),
                name="a_failed_import_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.COMPLETED) | Q(time_finished__isnull=False),
                name="a_completed_import_has_its_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.REVERTED) | Q(reverted_at__isnull=False),
                name="a_reverted_import_has_its_time",
            ),
            # Decides between concurrent claims of workers (`states.claim`).
            models.UniqueConstraint(
                fields=("user",), condition=Q(state=State.RUNNING), name="one_running_import_a_user"
            ),
        )
        indexes = (
            models.Index("user", models.F("id").desc(), name="import_by_user"),
            # For claims and the sweeper: few rows, however many imports there are.
            models.Index("user", "id", name="import_unfinished", condition=Q(state__in=UNFINISHED)),
            models.Index("state", models.F("id").desc(), name="import_by_state"),
            # For moderators' lists: each filter finds its newest imports without reading others.
            models.Index("game", models.F("id").desc(), name="import_by_game"),
            models.Index("import_type", models.F("id").desc(), name="import_by_type"),
            models.Index("service", models.F("id").desc(), name="import_by_service"),
            models.Index("client", models.F("id").desc(), name="import_by_client"),
            models.Index("user_intent", models.F("id").desc(), name="import_by_intent"),
            models.Index("time_queued", "state", name="import_by_time"),
            # For the API's lists: each page is read from the end of the previous one.
            *(models.Index(*by, *FINISHED_LAST, name=name, condition=Q(state=State.COMPLETED)) for name, by in LISTS),
            models.Index("state", *QUEUED_LAST, name="import_list_by_state", condition=~Q(state=State.COMPLETED)),
            models.Index(
                "user", "state", *QUEUED_LAST, name="import_list_user_state", condition=~Q(state=State.COMPLETED)
            ),
            GinIndex(SEARCH_VECTOR, name="import_search"),  # on an expression, which queries must repeat exactly
        )

    def __str__(self) -> str:
        return self.import_id

    @property
    def is_final(self) -> bool:
        return self.state not in UNFINISHED


class ImportInput(models.Model):
    """The compressed input, in the database so that a worker on any host can read it."""

    job = models.OneToOneField(Import, on_delete=models.CASCADE, primary_key=True, related_name="input")
    content = models.BinaryField()  # compressed with zlib
    size = models.PositiveBigIntegerField(help_text="Bytes before compression.")
    file_name = models.CharField(max_length=255, blank=True)
    fields = models.JSONField(default=dict, blank=True, help_text="Other form fields.")
    infer_time_achieved = models.BooleanField(default=False)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (
            # For moderators' search by the beginning of a file name.
            models.Index(
                fields=("file_name",),
                name="input_by_file_name",
                opclasses=("varchar_pattern_ops",),
                condition=~Q(file_name=""),
            ),
        )

    def __str__(self) -> str:
        return f"input of {self.job_id}"


class OrphanScore(models.Model):
    """A row whose song or chart is not known yet.

    `chart_hash` and `chart_playtype` are set if the row describes the chart, so that it can be added (`player_charts`).
    """

    orphan_id = models.CharField(max_length=65)
    # `orphan_by_user` begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="orphans", db_index=False)
    from_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="orphans")
    import_type = models.CharField(max_length=40)
    game = models.CharField(max_length=16)
    data = models.JSONField()
    context = models.JSONField()
    error_message = models.TextField()
    time_inserted = models.DateTimeField(default=timezone.now)
    chart_hash = models.CharField(max_length=64, default="", db_default="", blank=True)
    chart_playtype = models.CharField(max_length=16, default="", db_default="", blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("orphan_id",), name="orphan_ids_are_unique"),)
        indexes = (
            # For retries, and for lists of a player's orphans.
            models.Index(fields=("user", "game"), name="orphan_by_user"),
            models.Index("chart_hash", "game", name="orphan_by_chart", condition=~Q(chart_hash="")),
        )

    def __str__(self) -> str:
        return self.orphan_id


class ImportProblem(models.Model):
    """A row that an import left out. `row` counts from 0; `datapoint` is the row as it was sent."""

    # The index of the constraint below begins with this column.
    job = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="problems", db_index=False)
    row = models.PositiveIntegerField()
    type = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in ProblemType])
    message = models.TextField()
    datapoint = models.JSONField(null=True)
    # The problem remains when the orphan has become a score or was deleted.
    orphan = models.ForeignKey(OrphanScore, null=True, blank=True, on_delete=models.SET_NULL, related_name="problems")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job", "row"), name="one_problem_a_row"),)
        ordering = ("job", "row")

    def __str__(self) -> str:
        return f"row {self.row}: {self.type}"
