"""Moderators, and the clients that they block.

Every member of staff is a moderator (`permissions.is_moderator` checks nothing else). The group `Moderators` shows the
same to code that checks Django's own permissions, and is another way to appoint one: whoever joins either gets both,
and whoever leaves either loses both. Superusers are administrators with or without it.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.signals import m2m_changed, post_save
from django.dispatch import receiver
from django.utils import timezone

from imports.models.accounts import User

MODERATORS = "Moderators"


class BlockedClient(models.Model):
    """User-Agents that contain `pattern`, ignoring case, may not submit: they are refused with `message`."""

    pattern = models.CharField(max_length=200, unique=True, help_text="Any part of the User-Agent, whatever its case.")
    message = models.CharField(
        max_length=300, help_text="What its users are told, and what they can do: which version works, where to get it."
    )
    created_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(pattern__regex=r"\S{3}"), name="a_blocked_pattern_is_more_than_a_letter_or_two"
            ),
        )
        ordering = ("pattern",)

    def __str__(self) -> str:
        return self.pattern


@receiver(post_save, sender=User)
def sync_group_from_staff(
    instance: User, *, created: bool, update_fields: frozenset[str] | None = None, raw: bool = False, **_: Any
) -> None:
    """Adds a user who becomes staff to the group, and removes a user who ceases to be staff."""
    # `raw`: a fixture sets its users' groups itself.
    if raw or (created and not instance.is_staff) or (update_fields is not None and "is_staff" not in update_fields):
        return
    # A loop, because an operator may have deleted the group.
    for group in Group.objects.filter(name=MODERATORS):
        (instance.groups.add if instance.is_staff else instance.groups.remove)(group)


@receiver(m2m_changed, sender=User.groups.through)
def sync_staff_from_groups(instance: User | Group, *, action: str, pk_set: set[int] | None, **_: Any) -> None:
    """Makes users who join the group staff, and removes that from those who leave it, except administrators."""
    if action not in {"post_add", "post_remove", "post_clear"}:
        return
    # The signal is sent from both sides: groups of a user, or users of a group.
    if isinstance(instance, User):
        _sync(User.objects.filter(pk=instance.pk))
        # The update bypassed this instance, and saving it later would undo the update.
        instance.refresh_from_db(fields=["is_staff"])
    elif instance.name == MODERATORS:
        _sync(User.objects.all() if pk_set is None else User.objects.filter(pk__in=pk_set))


def _sync(users: QuerySet[User]) -> None:
    members = User.groups.through.objects.filter(user_id=OuterRef("pk"), group__name=MODERATORS)
    users.filter(Exists(members), is_staff=False).update(is_staff=True)
    users.filter(~Exists(members), is_staff=True, is_superuser=False).update(is_staff=False)
