"""Exports: a player's data as one ZIP, written by a worker and stored for some days."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from imports.models.accounts import User
from imports.models.documents import new_import_id

MAX_EXPORTS = 2
"""Finished exports stored per player; a new export replaces the oldest."""


class ExportState(models.TextChoices):
    """The state of an export."""

    QUEUED = "queued", "queued"
    RUNNING = "running", "running"
    READY = "ready", "ready"
    FAILED = "failed", "failed"


UNFINISHED_EXPORTS = (ExportState.QUEUED, ExportState.RUNNING)


class DataExportQuerySet(models.QuerySet["DataExport"]):
    """Exports, filtered by state and expiry."""

    def unfinished(self) -> DataExportQuerySet:
        return self.filter(state__in=UNFINISHED_EXPORTS)

    def expired(self) -> DataExportQuerySet:
        return self.filter(expires_at__lte=timezone.now())


class DataExport(models.Model):
    """The row is the job. `time_touched`: when a worker was last queued or started; `size` in bytes."""

    export_id = models.CharField(max_length=40, default=new_import_id, editable=False)
    # The constraint and the index below begin with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="data_exports", db_index=False)
    state = models.CharField(max_length=7, choices=ExportState.choices, default=ExportState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    time_queued = models.DateTimeField(default=timezone.now)
    time_touched = models.DateTimeField(default=timezone.now)
    time_finished = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[DataExport]] = DataExportQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("export_id",), name="one_export_an_id"),
            # Of concurrent requests one creates the export, and all get it.
            models.UniqueConstraint(
                fields=("user",), condition=Q(state__in=UNFINISHED_EXPORTS), name="one_unfinished_export_a_player"
            ),
        )
        indexes = (
            models.Index("user", models.F("id").desc(), name="export_by_user"),
            # For the sweeper.
            models.Index(fields=("time_touched",), condition=Q(state__in=UNFINISHED_EXPORTS), name="export_unfinished"),
            models.Index(fields=("expires_at",), name="export_by_end"),
        )

    def __str__(self) -> str:
        return self.export_id


class DataExportPart(models.Model):
    """A part of the ZIP, in the database: a worker on one host writes it, a web process on another reads it.

    Parts count from 0.
    """

    # The index of the constraint below begins with this column.
    export = models.ForeignKey(DataExport, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("export", "number"), name="one_part_a_number"),)

    def __str__(self) -> str:
        return f"part {self.number} of export {self.export_id}"
