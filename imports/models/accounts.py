"""Who owns scores, and the tokens that act for them."""

from __future__ import annotations

import hashlib
import secrets
from enum import IntEnum
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

USERNAME = RegexValidator(
    r"^[a-zA-Z_-][a-zA-Z0-9_-]{2,20}$",
    "A name has 3 to 21 letters, digits, _ or -, and does not begin with a digit.",
)


class AuthLevel(IntEnum):
    """What an account is to the instance, as the API numbers it."""

    BANNED = 0
    USER = 1
    MODERATOR = 2
    ADMIN = 3


class UserManager(DjangoUserManager["User"]):
    """Accounts by name, whatever the case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractUser):
    """A player, a moderator (staff) or an administrator (superuser). Names are unique whatever their case."""

    id = models.AutoField(primary_key=True)
    username = models.CharField("name", max_length=21, unique=True, validators=[USERNAME])
    about = models.CharField(max_length=2000, blank=True, default="")
    status = models.CharField(max_length=140, blank=True, default="")
    is_banned = models.BooleanField(default=False, help_text="A banned account can neither sign in nor use its tokens.")

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        constraints = (models.UniqueConstraint(Lower("username"), name="names_are_unique_whatever_their_case"),)

    @property
    def auth_level(self) -> AuthLevel:
        if self.is_banned:
            return AuthLevel.BANNED
        if self.is_superuser:
            return AuthLevel.ADMIN
        return AuthLevel.MODERATOR if self.is_staff else AuthLevel.USER


class Permission(models.TextChoices):
    """What a token may do (spec: http-api §3). A browser session may do all of it."""

    CUSTOMISE_PROFILE = "customise_profile", "customise the profile"
    CUSTOMISE_SCORE = "customise_score", "comment and highlight scores"
    CUSTOMISE_SESSION = "customise_session", "name and describe sessions"
    DELETE_SCORE = "delete_score", "delete scores and revert imports"
    MANAGE_CHALLENGES = "manage_challenges", "manage challenges"
    MANAGE_RIVALS = "manage_rivals", "manage rivals"
    MANAGE_TARGETS = "manage_targets", "manage targets"
    SUBMIT_SCORE = "submit_score", "submit scores"


def digest_of(token: str) -> str:
    """What is stored of a token. A plain hash is enough: tokens are 160 random bits, not passwords."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class APITokenManager(models.Manager["APIToken"]):
    """Tokens by their secret."""

    def issue(self, user: User, **fields: Any) -> tuple[APIToken, str]:
        """Makes a token; its secret (40 hex characters) is returned once and stored nowhere."""
        secret = secrets.token_hex(20)
        return self.create(user=user, digest=digest_of(secret), **fields), secret

    def find(self, secret: str) -> APIToken | None:
        """The live token with this secret, with its user. The look-up is by digest, so its time tells nothing."""
        token = self.select_related("user").filter(digest=digest_of(secret)).first()
        if token is None or (token.expires_at is not None and token.expires_at <= timezone.now()):
            return None
        return token


class APIToken(models.Model):
    """A key that acts for a user with some permissions, immutable after its creation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    identifier = models.CharField(max_length=100, default="Custom Token", help_text="What its owner calls it.")
    permissions = ArrayField(models.CharField(max_length=32, choices=Permission.choices), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[APITokenManager] = APITokenManager()

    class Meta:
        verbose_name = "API token"
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.identifier} of user {self.user_id}"
