"""API tokens: keys that act for a user with some permissions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from imports.models.accounts import LAST_SEEN_INTERVAL, User
from imports.models.audit import AuditEntry


class Permission(models.TextChoices):
    """Permissions of tokens (spec: http-api §3). A browser session has all of them."""

    CUSTOMISE_PROFILE = "customise_profile", "customise the profile"
    CUSTOMISE_SCORE = "customise_score", "comment and highlight scores"
    CUSTOMISE_SESSION = "customise_session", "name and describe sessions"
    DELETE_SCORE = "delete_score", "delete scores and revert imports"
    MANAGE_CHALLENGES = "manage_challenges", "manage challenges"
    MANAGE_RIVALS = "manage_rivals", "manage rivals"
    MANAGE_TARGETS = "manage_targets", "manage targets"
    SUBMIT_SCORE = "submit_score", "submit scores"


def digest_of(token: str) -> str:
    """Returns the stored digest of a token. A plain hash is enough: tokens are 160 random bits, not passwords."""
    # A header may contain anything: invalid text is a wrong token, not an error.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


MAX_TOKENS_PER_USER = 100
"""How many tokens a player may create. Commands have no limit."""


class TooManyTokens(Exception):
    """The player has the maximum number of tokens; the text may be shown."""

    def __init__(self) -> None:
        super().__init__(f"You have {MAX_TOKENS_PER_USER} tokens already. Revoke one first.")


def _audit(verb: str, tokens: Iterable[APIToken], *, by: User | None) -> None:
    """Creates audit entries, which outlive the tokens and therefore include their names and permissions."""
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
    """Creates, finds and revokes tokens. All tokens are created and revoked here, with audit entries."""

    def touch_last_used(self, token: APIToken) -> None:
        """Updates the time of the token's last use, at most once a minute."""
        now = timezone.now()
        stale = now - LAST_SEEN_INTERVAL
        if token.last_used_at is None or token.last_used_at < stale:
            # Checked again in the database: of concurrent requests one writes.
            mine = self.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk)
            mine.update(last_used_at=now)

    def create_for(self, user: User, **fields: Any) -> tuple[APIToken, str]:
        """Creates a token for its owner; returns it and its secret, which is not stored. Raises TooManyTokens."""
        # One transaction: the owner's row is locked, so that concurrent requests cannot exceed the maximum.
        with transaction.atomic():
            # NO KEY: rows that refer to the user, such as imports, can still be inserted meanwhile.
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            if self.filter(user=user).count() >= MAX_TOKENS_PER_USER:
                raise TooManyTokens
            return self.create_token(user, **fields)

    def create_token(self, user: User, *, by: User | None = None, **fields: Any) -> tuple[APIToken, str]:
        """Creates a token without a limit; returns it and its secret. `by`: the actor, if not the owner."""
        return self.create_tokens([user], by=by or user, **fields)[0]

    def create_tokens(self, users: Iterable[User], *, by: User | None, **fields: Any) -> list[tuple[APIToken, str]]:
        """Creates a token for each user; returns them with their secrets. `by`: None for commands."""
        made = [APIToken.build(user, **fields) for user in users]
        # One transaction: every token has an audit entry.
        with transaction.atomic(savepoint=False):
            self.bulk_create([token for token, _ in made])
            _audit("token made", [token for token, _ in made], by=by)
        return made

    def revoke(self, tokens: Iterable[APIToken], *, by: User) -> int:
        """Deletes tokens with audit entries. Returns the number of deleted tokens."""
        # One transaction: every revocation has exactly one audit entry.
        with transaction.atomic():
            # Locked before the entries are written, so that of concurrent revocations only one writes an entry.
            existing = list(self.filter(pk__in=[token.pk for token in tokens]).select_for_update())
            _audit("token revoked", existing, by=by)
            self.filter(pk__in=[token.pk for token in existing]).delete()
        return len(existing)

    def find(self, secret: str) -> APIToken | None:
        """Returns the valid token with this secret. Looked up by digest, so that timing reveals nothing."""
        token = self.select_related("user").filter(digest=digest_of(secret)).first()
        if token is None or (token.expires_at is not None and token.expires_at <= timezone.now()):
            return None
        return token


class APIToken(models.Model):
    """A key that acts for a user with some permissions; immutable after its creation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, editable=False)  # the secret itself is not stored
    identifier = models.CharField(max_length=100, default="Custom Token", help_text="What its owner calls it.")
    permissions = ArrayField(models.CharField(max_length=32, choices=Permission.choices), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    # A token outlives the client that requested it: its owner revokes it.
    client = models.ForeignKey(
        "imports.APIClient", null=True, blank=True, on_delete=models.SET_NULL, related_name="tokens", editable=False
    )

    objects: ClassVar[APITokenManager] = APITokenManager()

    class Meta:
        verbose_name = "API token"
        constraints = (models.UniqueConstraint(fields=("digest",), name="tokens_are_unique"),)
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.identifier} of user {self.user_id}"

    @classmethod
    def build(cls, user: User, **fields: Any) -> tuple[APIToken, str]:
        """Returns an unsaved token and its secret (40 hexadecimal characters), which is not stored."""
        secret = secrets.token_hex(20)
        return cls(user=user, digest=digest_of(secret), **fields), secret
