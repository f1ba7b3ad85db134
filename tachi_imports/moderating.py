"""Django's admin with our own site in it."""

from __future__ import annotations

from django.apps import apps
from django.contrib.admin import site
from django.contrib.admin.apps import AdminConfig


class ModeratorsAdmin(AdminConfig):
    """Takes the place of `django.contrib.admin` among the installed applications."""

    default_site = "tachi_imports.moderators_site.ModeratorsSite"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """A second factor is given and taken by command alone (`manage.py second_factor`), not on these pages."""
        super().ready()
        for model in ("otp_totp.TOTPDevice", "otp_static.StaticDevice"):
            site.unregister(apps.get_model(model))
