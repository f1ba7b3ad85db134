"""Accounts of players, moderators and administrators."""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower, Upper
from django.utils import timezone

USERNAME = RegexValidator(
    r"^[a-zA-Z_-][a-zA-Z0-9_-]{2,20}$",
    "A name has 3 to 21 letters, digits, _ or -, and does not begin with a digit.",
)

RESERVED_NAMES = frozenset(
    """
    about account admin administrator anonymous api auth bokutachi charts check client-file-flow connect docs
    everyone export games guest healthz help home import imports ir kamaitachi language login logout metrics moderator
    moderators new none null official orphans oauth password players profile readyz register root scores search
    security sessions settings sign-in sign-out sign-up signin signout signup site staff static status
    styleguide support system tachi tachi-imports team texts tokens tools undefined users webmaster
    """.split()  # noqa: SIM905 - a block is easier to read than sixty quoted words
)
"""Lower-case names that nobody may register: they are paths of this site, or look like the operator's."""


def is_reserved_name(username: str) -> bool:
    """Returns whether only the operator may use a name (`createsuperuser`, the admin, `create_token`)."""
    return username.lower() in RESERVED_NAMES


LAST_SEEN_INTERVAL = timedelta(minutes=1)
"""The minimum time between two writes of `last_seen`, and of `last_used_at` of tokens."""


class AuthLevel(IntEnum):
    """The role of an account on this instance, with the API's numbers."""

    BANNED = 0
    USER = 1
    MODERATOR = 2
    ADMIN = 3


class UserManager(DjangoUserManager["User"]):
    """Looks accounts up by name, ignoring case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)

    def present(self) -> models.QuerySet[User]:
        """Returns the accounts that are neither deleted nor pending deletion, which are visible to everybody."""
        return self.filter(leaves_at=None)

    def touch_last_seen(self, user: User) -> None:
        """Updates the time of a player's last browser request, at most once a minute."""
        now = timezone.now()
        stale = now - LAST_SEEN_INTERVAL
        # Usually the loaded row already shows that no write is needed.
        if not user.is_banned and (user.last_seen is None or user.last_seen < stale):
            # Checked again in the database: of concurrent requests one writes.
            mine = self.filter(Q(last_seen=None) | Q(last_seen__lt=stale), pk=user.pk)
            mine.update(last_seen=now)


class User(AbstractUser):
    """A player, a moderator (staff) or an administrator (superuser). Names are unique ignoring case."""

    id = models.AutoField(primary_key=True)
    username = models.CharField("name", max_length=21, unique=True, validators=[USERNAME])
    about = models.CharField(max_length=2000, blank=True, default="")
    status = models.CharField(max_length=140, blank=True, default="")
    last_seen = models.DateTimeField(null=True, blank=True, editable=False, help_text="By a browser session.")
    is_banned = models.BooleanField(default=False, help_text="A banned account can neither sign in nor use its tokens.")

    leaves_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the account is deleted, or was."
    )
    may_import_classes = models.BooleanField(
        default=True, db_default=True, help_text="Whether they may give classes by hand (POST /api/v1/import/class)."
    )

    # `email` is only used after its owner has opened the link that was sent to it.
    email_changed_at = models.DateTimeField(
        "e-mail verified", null=True, blank=True, editable=False, help_text="Or taken away."
    )
    email_language = models.CharField(max_length=10, blank=True, default="", db_default="", editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        constraints = (models.UniqueConstraint(Lower("username"), name="names_are_unique_whatever_their_case"),)
        indexes = (
            # The order of the list of players: pages are read without sorting all players.
            models.Index(
                Coalesce("last_seen", "last_login", "date_joined").desc(),
                models.F("id").desc(),
                name="user_by_last_seen",
            ),
            # Upper case, because Django's `icontains` compares upper-cased values.
            GinIndex(OpClass(Upper("username"), name="gin_trgm_ops"), name="user_by_part"),
        )

    @property
    def verified_email(self) -> str:
        """The address for mails; empty if there is none."""
        return self.email if self.email_changed_at is not None else ""

    @property
    def auth_level(self) -> AuthLevel:
        if self.is_banned:
            return AuthLevel.BANNED
        if self.is_superuser:
            return AuthLevel.ADMIN
        return AuthLevel.MODERATOR if self.is_staff else AuthLevel.USER


# --- pictures: in the database, so that backups include them ---------------------------------------------


class ProfilePictureManager(models.Manager["ProfilePicture"]):
    def keep(self, user: User, content: bytes) -> None:
        """Stores a PNG as the picture of a user, replacing any other."""
        self.update_or_create(user=user, defaults={"content": content, "stored_at": timezone.now()})


class ProfilePicture(models.Model):
    """A PNG made from an uploaded picture (`imports.pictures`). Users without one get a generated picture."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="picture")
    content = models.BinaryField()
    stored_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ProfilePictureManager] = ProfilePictureManager()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.stored_at:%Y-%m-%d}"
