"""Songs can be found by titles that merely look like theirs (`imports.formats.lookalikes`): one more kind of match key.

In batches, each in a transaction of its own. The release before does not ask for these keys; if it loads seeds, it
leaves them out again, and the next load of this release adds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db import migrations, transaction

from imports.formats.lookup import ALIKE, song_keys

BATCH = 1_000  # songs


def add_keys(apps: Any, _schema_editor: Any) -> None:
    _rewrite(apps.get_model("imports", "Song"), _with_all_keys)


def remove_keys(apps: Any, _schema_editor: Any) -> None:
    _rewrite(apps.get_model("imports", "Song"), _without_new_keys)


def _with_all_keys(song: Any) -> list[str]:
    facts = {"id": song.song_id, "title": song.title, "altTitles": song.alt_titles, "data": song.data}
    return song_keys(facts)


def _without_new_keys(song: Any) -> list[str]:
    return [key for key in song.match_keys if not key.startswith(f"{ALIKE}:")]


def _rewrite(model: Any, keys_of: Callable[[Any], list[str]]) -> None:
    for first, last in _batches(model):
        # The songs are locked while their keys are made: a load of seeds that came between would be undone.
        with transaction.atomic():
            songs = list(model.objects.select_for_update().filter(pk__gte=first, pk__lte=last).order_by("pk"))
            for song in songs:
                song.match_keys = keys_of(song)
            model.objects.bulk_update(songs, ["match_keys"])


def _batches(model: Any) -> Iterator[tuple[int, int]]:
    """First and last primary keys."""
    keys = list(model.objects.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        yield batch[0], batch[-1]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("imports", "0013_audit_read_back")]

    operations = [migrations.RunPython(add_keys, remove_keys, elidable=False)]
