"""Which scores an import's file held besides those that it brought."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from imports.models.documents import Import

ID_SIZE = 32  # bytes of a packed score ID: the SHA-256 after its letter


class CarriedScores(models.Model):
    """The IDs of scores that were there when an import brought them again: one row for each import that has any.

    By ID, as scores come and go with other imports while this one's file stays what it is. Packed into one value:
    100,000 rows of a table of their own would take as long to write as half an import.
    """

    job = models.OneToOneField(Import, on_delete=models.CASCADE, primary_key=True, related_name="carried")
    score_ids = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.score_ids) // ID_SIZE} scores carried by import {self.job_id}"


def pack_score_ids(score_ids: Iterable[str]) -> bytes:
    """Returns the IDs, each once, in any order, as `CarriedScores` holds them."""
    return bytes.fromhex("".join([score_id[1:] for score_id in dict.fromkeys(score_ids)]))


def unpack_score_ids(packed: bytes | memoryview) -> set[str]:
    digits = bytes(packed).hex()
    return {f"T{digits[start : start + 2 * ID_SIZE]}" for start in range(0, len(digits), 2 * ID_SIZE)}
