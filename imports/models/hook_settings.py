"""Players' settings for hooks (accepted cards, whether stored scores are accepted), and the times up to which scores
of other services were fetched.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from imports.models.accounts import User

MAX_CARDS = 6
MAX_CARD_LENGTH = 100
"""Characters; a card's ID has 16."""


class TooManyCards(ValueError):
    """More filters than a player may have; the text may be shown."""

    def __init__(self) -> None:
        super().__init__(f"You cannot have more than {MAX_CARDS} card filters at once.")


class HookSettingsManager(models.Manager["HookSettings"]):
    def change(self, user: User, hook: str, changes: dict[str, Any]) -> HookSettings:
        """Changes `cards`, `force_static_import` or both; other settings stay. Raises TooManyCards."""
        if len(changes.get("cards") or ()) > MAX_CARDS:
            raise TooManyCards
        return self.update_or_create(user=user, hook=hook, defaults=changes)[0]

    def use_up_static_import(self, user: User, hook: str) -> bool:
        """Returns whether the player wants the next import of stored scores accepted, and resets that setting."""
        # One statement: of concurrent imports only one is accepted.
        return bool(self.filter(user=user, hook=hook, force_static_import=True).update(force_static_import=False))


class HookSettings(models.Model):
    """A player's settings for a hook. Without a row, every card is accepted and stored scores are not."""

    class Hook(models.TextChoices):
        FERVIDEX = "fervidex"
        KSHOOK = "kshook-sv6c"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="hook_settings")
    hook = models.CharField(max_length=20, choices=Hook.choices)
    cards = ArrayField(models.CharField(max_length=MAX_CARD_LENGTH), null=True, blank=True, size=MAX_CARDS)
    force_static_import = models.BooleanField(default=False)

    objects: ClassVar[HookSettingsManager] = HookSettingsManager()

    class Meta:
        verbose_name_plural = "hook settings"
        constraints = (models.UniqueConstraint("user", "hook", name="one_row_of_settings_a_hook"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.hook}"


class ImportTimestop(models.Model):
    """The time of a player's last score from a service, set by clients. This instance itself fetches from none."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="import_timestops", db_index=False)
    import_type = models.CharField(max_length=40)
    last_score_time = models.BigIntegerField(help_text="Unix milliseconds.")

    class Meta:
        # Its index begins with the player, by whom rows are queried.
        constraints = (models.UniqueConstraint(fields=("user", "import_type"), name="one_timestop_a_service"),)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.import_type}"
