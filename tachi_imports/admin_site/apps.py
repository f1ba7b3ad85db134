"""The admin application, with our own site instead of Django's."""

from __future__ import annotations

from django.apps import apps
from django.contrib.admin import site
from django.contrib.admin.apps import AdminConfig


class ModeratorsAdmin(AdminConfig):
    """Replaces `django.contrib.admin` among the installed applications."""

    default_site = "tachi_imports.admin_site.site.ModeratorsSite"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Hides the second-factor devices: only `manage.py second_factor` creates and resets them."""
        super().ready()
        for model in ("otp_totp.TOTPDevice", "otp_static.StaticDevice"):
            site.unregister(apps.get_model(model))
