"""The Django application of the product."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy


class ImportsConfig(AppConfig):
    name = "imports"
    label = "imports"
    verbose_name = gettext_lazy("Imports")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the system checks, and the receiver of sign-ins."""
        from imports import checks, sign_ins  # noqa: F401, PLC0415 - registration happens on import
