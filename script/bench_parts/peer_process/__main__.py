"""Stores the documents named on standard input in one of the ways: `__main__ WAY`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.utils import timezone


def main() -> None:
    """Prints `ready`; then stores the document of each line `{document, user, import}` and prints `stored`."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "script.bench_parts.peer_process.settings"
    django.setup()
    from script.bench_parts.peer_process.ways import WAYS  # noqa: PLC0415 - needs Django to be set up

    store = WAYS[sys.argv[1]]
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        store(rows_of(Path(request["document"]).read_bytes(), user_id=request["user"], import_key=request["import"]))
        print("stored", flush=True)


def rows_of(content: bytes, *, user_id: int, import_key: int) -> Iterator[dict[str, Any]]:
    """Yields the scores of a document, read and judged by the product itself: the ways differ only in storing."""
    from imports.games import GAMES  # noqa: PLC0415
    from imports.pipeline.progress import Progress  # noqa: PLC0415
    from imports.pipeline.scoring.reading import iter_judged, parse  # noqa: PLC0415
    from imports.pipeline.upload import Upload  # noqa: PLC0415

    now = timezone.now()
    source, parsed = parse(Upload(content=content, import_type="file/batch-manual"), GAMES, received_at=now)
    context = parsed.context
    for chunk in iter_judged(source, parsed, Progress(), user_id=user_id, known=None):
        for score in chunk.scores:
            yield {
                "score_id": score.score_id,
                "user_id": user_id,
                "chart_id": score.chart.pk,
                "from_import_id": import_key,
                "game": context.game.slug,
                "playtype": score.chart.playtype,
                "service": score.service or context.service_of_scores,
                "import_type": context.import_type_of_scores,
                "comment": score.comment,
                "highlight": False,
                "time_achieved": score.time_achieved,
                "time_added": now,
                "score_data": score.score_data,
                "score_meta": dict(score.score_meta),
                "calculated_data": score.calculated_data,
                "best_keys": score.best_keys,
            }


if __name__ == "__main__":
    main()
