"""Places (browser and network) from which accounts were signed in to."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from imports.models.accounts import User

REMEMBERED = timedelta(days=180)
MAX_PLACES_PER_USER = 50


class KnownPlaceManager(models.Manager["KnownPlace"]):
    def record(self, user: User, *, browser: str, network: str) -> bool:
        """Records a sign-in; returns whether the place is new while others are known.

        The first place of an account is not new: there is nothing to compare it with.
        """
        now = timezone.now()
        mine = self.filter(user=user, last_used_at__gt=now - REMEMBERED)
        is_first = not mine.exists()
        digest = salted_hmac("imports.known_places", f"{user.pk}\0{browser}\0{network}", algorithm="sha256").hexdigest()
        is_known = mine.filter(digest=digest).exists()
        self.update_or_create(user=user, digest=digest, defaults={"last_used_at": now})
        latest = self.filter(user=user).order_by("-last_used_at", "-pk")[:MAX_PLACES_PER_USER]
        self.filter(user=user).exclude(pk__in=list(latest.values_list("pk", flat=True))).delete()
        return not is_known and not is_first

    def expired(self) -> models.QuerySet[KnownPlace]:
        return self.filter(last_used_at__lte=timezone.now() - REMEMBERED)


class KnownPlace(models.Model):
    """A browser in a network, as a digest keyed by the instance's secret: recognizable but not readable."""

    # The index of the constraint below begins with this column.
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    last_used_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[KnownPlaceManager] = KnownPlaceManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "digest"), name="a_place_is_known_once"),)

    def __str__(self) -> str:
        return f"a place of user {self.user_id}"
