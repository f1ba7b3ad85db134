"""The Django application that starts tracing, installed only if TACHI_TRACING is on."""

from __future__ import annotations

from django.apps import AppConfig

from tachi_imports import env


class Tracing(AppConfig):
    """Starts when Django is ready, which in the web is after the fork of its processes: the exporter is a thread."""

    name = "tachi_imports.monitoring"
    label = "tracing"

    def ready(self) -> None:
        """Exports the spans of this process to the collector. Raises SettingError without the packages."""
        try:
            from tachi_imports.monitoring import tracing  # noqa: PLC0415 - needs the models
        except ImportError:
            raise env.SettingError(
                "TACHI_TRACING", "is on, and OpenTelemetry is not installed: pip install -r requirements-tracing.txt"
            ) from None
        tracing.start()
