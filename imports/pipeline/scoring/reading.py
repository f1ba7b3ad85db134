"""Reads inputs and judges their rows, for imports, checks, reverts and the integrity check."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from imports.errors import INPUT_EXPIRED, ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE, kept_rows
from imports.formats.base import Format, Parsed
from imports.games.spec import Chart as ChartFacts
from imports.games.spec import Game
from imports.integers import milliseconds
from imports.models import Chart, Import, ImportInput
from imports.pipeline.progress import Progress, Stage
from imports.pipeline.scoring.chart_loading import charts_by_pk, load_catalogue
from imports.pipeline.scoring.convert import CHUNK_ROWS, Chunk, Known, judge_rows, look_up_in_turn
from imports.pipeline.scoring.lookup_ahead import look_up_ahead
from imports.pipeline.upload import Upload

TOO_MANY_ROWS = "This file has {rows:,} rows. One import may have {most:,}: split it into several files."


def read(
    job: Import,
    games: Sequence[Game],
    progress: Progress,
    *,
    max_rows: int | None = None,
    skip_invalid: bool = False,
) -> tuple[Format, Parsed]:
    """Reads the stored input, with the option `invalid=skip` if `skip_invalid`. Raises ImportFailed."""
    progress.stage(Stage.READING)
    # Loaded here unless it was loaded with the import; if there is none, Django raises an AttributeError.
    stored: ImportInput | None = getattr(job, "input", None)
    if stored is None:
        raise ImportFailed(INPUT_EXPIRED, status=410)
    upload = Upload(
        content=zlib.decompress(stored.content),
        import_type=job.import_type,
        file_name=stored.file_name,
        fields={**stored.fields, "invalid": "skip"} if skip_invalid else stored.fields,
        infer_time_achieved=stored.infer_time_achieved,
    )
    # The time of receipt, not the current time: a row without a time must become the same score again
    # (tests/pipeline/test_time_of_receipt.py).
    return parse(upload, games, received_at=stored.received_at, max_rows=max_rows)


def parse(
    upload: Upload, games: Sequence[Game], *, received_at: datetime, max_rows: int | None = None
) -> tuple[Format, Parsed]:
    """Reads an upload. Raises ImportFailed if it cannot be read as a whole, or has too many rows."""
    source = BY_IMPORT_TYPE[upload.import_type]
    options = upload.options(games, now=milliseconds(received_at))
    if upload.holds_kept_rows:
        kept = kept_rows.decode(upload.content)
        parsed = source.restore(kept.context, kept.rows, options)
        # Each row has the chart that was picked for it; if that no longer exists, the chart that the row names.
        parsed.chosen = _charts_by_row(parsed, dict(enumerate(kept.charts)))
    else:
        parsed = source.parse(upload.content, options)
    if kept_rows.CHOSEN_FIELD in upload.fields:
        parsed.chosen = _charts_by_row(parsed, kept_rows.decode_chosen(upload.fields[kept_rows.CHOSEN_FIELD]))
    if max_rows is not None and len(parsed.rows) > max_rows:
        raise ImportFailed(TOO_MANY_ROWS.format(rows=len(parsed.rows), most=max_rows), status=413)
    return source, parsed


def _charts_by_row(parsed: Parsed, chosen: Mapping[int, str]) -> dict[int, ChartFacts]:
    """Returns row -> chart for these chart IDs; charts that no longer exist are left out."""
    wanted = set(chosen.values())
    keys = Chart.objects.filter(game=parsed.context.game.slug, chart_id__in=wanted).values_list("pk", flat=True)
    charts = {chart.chart_id: chart for chart in charts_by_pk(keys).values()}
    return {row: charts[chart_id] for row, chart_id in chosen.items() if chart_id in charts}


def iter_judged(
    source: Format,
    parsed: Parsed,
    progress: Progress,
    *,
    user_id: int,
    known: Known | None,
    through: Stage = Stage.CHECKING,
    rules: int | None = None,
) -> Iterator[Chunk]:
    """Returns an iterator over judged rows, in chunks; imports and checks use the same.

    `known`: the player's `store.known_scores`. `rules`: the year of the rules that apply, None for the current ones.
    The charts are loaded before this returns, so that the rows of a player without scores need no further query.
    """
    progress.game, progress.playtype = parsed.context.game.slug, parsed.context.playtype.name
    progress.stage(Stage.FINDING_CHARTS)
    asking = (row for index, row in enumerate(parsed.rows) if index not in parsed.chosen)
    rows = ((row, parsed.context) for row in asking if not isinstance(row, RowProblem))
    catalogue = load_catalogue(source.keys(rows))
    total = len(parsed.rows)
    progress.stage(Stage.CHECKING, total=total, through=through)

    look_up = look_up_ahead if known and total > CHUNK_ROWS else look_up_in_turn

    def judge_chunks() -> Iterator[Chunk]:
        for chunk in judge_rows(
            parsed, source, catalogue, user_id=user_id, now=parsed.received, known=known, rules=rules, look_up=look_up
        ):
            yield chunk
            # After the caller has processed the chunk.
            progress.tick(chunk.rows_done, total)

    return judge_chunks()
