"""The only package that uses the queue.

The import's row is the job; Redis only signals that there is work. While a worker runs an import it holds an advisory
lock on it (`worker`); the sweeper queues unfinished imports again that nobody holds (`sweeper`).
"""

from __future__ import annotations

from imports.jobs.closed_charts import CannotMerge, ClosedCharts, close_chart, reopen_chart
from imports.jobs.configuration import chart_players, enabled_formats, enabled_games, import_types, max_rows
from imports.jobs.data_exports import export_percent, perform_export, request_export, sweep_exports, write_export
from imports.jobs.departures import DAYS_TO_RETURN, CannotLeave, cancel_departure, start_departure, sweep_departures
from imports.jobs.notices import subscriber
from imports.jobs.orphan_retries import (
    CRASHED_RETRY,
    OrphanSweep,
    orphan_progress,
    perform_orphans,
    retry_orphans,
    retry_orphans_now,
    unfinished_retry,
)
from imports.jobs.outgoing.mails import (
    is_mail_enabled,
    mail_address_link,
    mail_new_place,
    mail_password_reset,
    perform_mails,
    send_mails,
    sweep_mails,
)
from imports.jobs.outgoing.webhooks import deliver_webhooks, perform_webhooks, sweep_webhooks
from imports.jobs.progress_status import (
    create_progress,
    get_progress,
    progress_facts,
    progress_of,
    queue_position,
    redis_pool,
    seconds_until_start,
    sweeps,
)
from imports.jobs.queue import enqueue, enqueue_rerating, work, worker_count
from imports.jobs.rating_histories import perform_histories
from imports.jobs.storage_quota import QuotaExceeded
from imports.jobs.submission import InputExpired, InvalidTransition, cancel, prune_inputs, restore, retry, submit
from imports.jobs.sweeper import (
    sweep,
    sweep_forever,
    sweep_histories,
    sweep_keys,
    sweep_once,
    sweep_reratings,
    sweep_rules,
    sweep_sessions,
)
from imports.jobs.worker import CRASHED, MAX_ATTEMPTS, perform, perform_rerating, run_import
from imports.pipeline.upload import Upload

following = subscriber.following

__all__ = [
    "CRASHED",
    "CRASHED_RETRY",
    "DAYS_TO_RETURN",
    "MAX_ATTEMPTS",
    "CannotLeave",
    "CannotMerge",
    "ClosedCharts",
    "InputExpired",
    "InvalidTransition",
    "OrphanSweep",
    "QuotaExceeded",
    "Upload",
    "cancel",
    "cancel_departure",
    "chart_players",
    "close_chart",
    "create_progress",
    "deliver_webhooks",
    "enabled_formats",
    "enabled_games",
    "enqueue",
    "enqueue_rerating",
    "export_percent",
    "following",
    "get_progress",
    "import_types",
    "is_mail_enabled",
    "mail_address_link",
    "mail_new_place",
    "mail_password_reset",
    "max_rows",
    "orphan_progress",
    "perform",
    "perform_export",
    "perform_histories",
    "perform_mails",
    "perform_orphans",
    "perform_rerating",
    "perform_webhooks",
    "progress_facts",
    "progress_of",
    "prune_inputs",
    "queue_position",
    "redis_pool",
    "reopen_chart",
    "request_export",
    "restore",
    "retry",
    "retry_orphans",
    "retry_orphans_now",
    "run_import",
    "seconds_until_start",
    "send_mails",
    "start_departure",
    "submit",
    "sweep",
    "sweep_departures",
    "sweep_exports",
    "sweep_forever",
    "sweep_histories",
    "sweep_keys",
    "sweep_mails",
    "sweep_once",
    "sweep_reratings",
    "sweep_rules",
    "sweep_sessions",
    "sweep_webhooks",
    "sweeps",
    "unfinished_retry",
    "work",
    "worker_count",
    "write_export",
]
