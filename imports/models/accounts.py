"""Who owns scores, and the tokens that act for them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from enum import IntEnum
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower, Upper
from django.utils import timezone

USERNAME = RegexValidator(
    r"^[a-zA-Z_-][a-zA-Z0-9_-]{2,20}$",
    "A name has 3 to 21 letters, digits, _ or -, and does not begin with a digit.",
)


STALE_AFTER = timedelta(minutes=1)
"""How old `last_seen`, and `last_used_at` of tokens, may be before they are written again."""


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

    def note_visit(self, user: User) -> None:
        """Writes that this player is here in a browser, at most once a minute, whatever the number of requests."""
        now = timezone.now()
        stale = now - STALE_AFTER
        if not user.is_banned and (user.last_seen is None or user.last_seen < stale):
            mine = self.filter(Q(last_seen=None) | Q(last_seen__lt=stale), pk=user.pk)
            mine.update(last_seen=now)


class User(AbstractUser):
    """A player, a moderator (staff) or an administrator (superuser). Names are unique whatever their case."""

    id = models.AutoField(primary_key=True)
    username = models.CharField("name", max_length=21, unique=True, validators=[USERNAME])
    about = models.CharField(max_length=2000, blank=True, default="")
    status = models.CharField(max_length=140, blank=True, default="")
    last_seen = models.DateTimeField(null=True, blank=True, editable=False, help_text="By a browser session.")
    is_banned = models.BooleanField(default=False, help_text="A banned account can neither sign in nor use its tokens.")

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        swappable = "AUTH_USER_MODEL"
        constraints = (models.UniqueConstraint(Lower("username"), name="names_are_unique_whatever_their_case"),)
        indexes = (
            models.Index(
                Coalesce("last_seen", "last_login", "date_joined").desc(),
                models.F("id").desc(),
                name="user_by_last_seen",
            ),
            GinIndex(OpClass(Upper("username"), name="gin_trgm_ops"), name="user_by_part"),
        )

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


MOST_TOKENS = 100
"""How many tokens a player may make for himself. Commands know no limit."""


class TooManyTokens(Exception):
    """The player has as many tokens as one may have; the text may be shown."""

    def __init__(self) -> None:
        super().__init__(f"You have {MOST_TOKENS} tokens already. Revoke one first.")


def _note(verb: str, tokens: Iterable[APIToken], *, by: User | None) -> None:
    """Entries that outlive their tokens, and therefore bear what these were called and might do."""
    from imports.models.documents import AuditEntry  # noqa: PLC0415 - the audit knows accounts, not they it

    AuditEntry.objects.bulk_create(
        AuditEntry(
            verb=verb,
            subject_id=token.user_id,
            actor=by,
            token=token,
            reason=token.identifier,
            counts={"permissions": token.permissions},
        )
        for token in tokens
    )


class APITokenManager(models.Manager["APIToken"]):
    """Tokens by their secret. They come and go here alone, on record, whichever door was used."""

    def make(self, user: User, **fields: Any) -> tuple[APIToken, str]:
        """A token that its owner asked for, and its secret, which is stored nowhere. Raises TooManyTokens."""
        # One transaction: the owner's row is held, so that two requests cannot both make the last one.
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            if self.filter(user=user).count() >= MOST_TOKENS:
                raise TooManyTokens
            return self.issue(user, **fields)

    def issue(self, user: User, *, by: User | None = None, **fields: Any) -> tuple[APIToken, str]:
        """The same, whatever they have. `by`: who made it, when not its owner."""
        return self.issue_all([user], by=by or user, **fields)[0]

    def issue_all(self, users: Iterable[User], *, by: User | None, **fields: Any) -> list[tuple[APIToken, str]]:
        """A token and its secret for each of these users. `by`: None where a command does it."""
        made = [APIToken.fresh(user, **fields) for user in users]
        # One transaction: no token without its entry.
        with transaction.atomic(savepoint=False):
            self.bulk_create([token for token, _ in made])
            _note("token made", [token for token, _ in made], by=by)
        return made

    def revoke(self, tokens: Iterable[APIToken], *, by: User) -> int:
        """Ends tokens at once and for good, on record with who did it. Returns how many there still were."""
        # One transaction: no revocation without its entry, and none twice.
        with transaction.atomic():
            there = list(self.filter(pk__in=[token.pk for token in tokens]).select_for_update())
            _note("token revoked", there, by=by)
            self.filter(pk__in=[token.pk for token in there]).delete()
        return len(there)

    def find(self, secret: str) -> APIToken | None:
        """The live token with this secret, with its user. The look-up is by digest, so its time tells nothing."""
        token = self.select_related("user").filter(digest=digest_of(secret)).first()
        if token is None or (token.expires_at is not None and token.expires_at <= timezone.now()):
            return None
        return token


class APIToken(models.Model):
    """A key that acts for a user with some permissions, immutable after its creation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, editable=False)
    identifier = models.CharField(max_length=100, default="Custom Token", help_text="What its owner calls it.")
    permissions = ArrayField(models.CharField(max_length=32, choices=Permission.choices), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[APITokenManager] = APITokenManager()

    class Meta:
        verbose_name = "API token"
        constraints = (models.UniqueConstraint(fields=("digest",), name="tokens_are_unique"),)
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.identifier} of user {self.user_id}"

    @classmethod
    def fresh(cls, user: User, **fields: Any) -> tuple[APIToken, str]:
        """An unsaved token and its secret (40 hex characters), which is stored nowhere."""
        secret = secrets.token_hex(20)
        return cls(user=user, digest=digest_of(secret), **fields), secret
