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
    """Returns what is stored of a token. A plain hash is enough: tokens are 160 random bits, not passwords."""
    # A header may hold anything: what is no text is a wrong token, too, and no error.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


MAX_TOKENS_PER_USER = 100
"""How many tokens a player may make for himself. Commands know no limit."""


class TooManyTokens(Exception):
    """The player has as many tokens as one may have; the text may be shown."""

    def __init__(self) -> None:
        super().__init__(f"You have {MAX_TOKENS_PER_USER} tokens already. Revoke one first.")


def _audit(verb: str, tokens: Iterable[APIToken], *, by: User | None) -> None:
    """Makes entries that outlive their tokens, and therefore hold their names and permissions."""
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
    """Tokens by their secret. All are made and revoked here, on record, by whichever way."""

    def touch_last_used(self, token: APIToken) -> None:
        """Writes that the token is used now, at most once a minute, whatever the number of requests."""
        now = timezone.now()
        stale = now - LAST_SEEN_INTERVAL
        if token.last_used_at is None or token.last_used_at < stale:
            # Asked again in the database: of many requests at once one writes.
            mine = self.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=token.pk)
            mine.update(last_used_at=now)

    def create_for(self, user: User, **fields: Any) -> tuple[APIToken, str]:
        """Makes a token that its owner asked for; returns it and its secret, stored nowhere. Raises TooManyTokens."""
        # One transaction: the owner's row is held, so that two requests cannot both make the last one.
        with transaction.atomic():
            # NO KEY: rows that refer to the user, such as imports, can still be inserted meanwhile.
            User.objects.select_for_update(no_key=True).get(pk=user.pk)
            if self.filter(user=user).count() >= MAX_TOKENS_PER_USER:
                raise TooManyTokens
            return self.create_token(user, **fields)

    def create_token(self, user: User, *, by: User | None = None, **fields: Any) -> tuple[APIToken, str]:
        """Makes a token, however many its owner has; returns both as above. `by`: who made it, if not its owner."""
        return self.create_tokens([user], by=by or user, **fields)[0]

    def create_tokens(self, users: Iterable[User], *, by: User | None, **fields: Any) -> list[tuple[APIToken, str]]:
        """Makes a token for each user; returns them with their secrets. `by`: None where a command does it."""
        made = [APIToken.build(user, **fields) for user in users]
        # One transaction: no token without its entry.
        with transaction.atomic(savepoint=False):
            self.bulk_create([token for token, _ in made])
            _audit("token made", [token for token, _ in made], by=by)
        return made

    def revoke(self, tokens: Iterable[APIToken], *, by: User) -> int:
        """Deletes tokens, on record with who did it. Returns how many there still were."""
        # One transaction: no revocation without its entry, and none twice.
        with transaction.atomic():
            # Locked before they go on record, so that of two revocations at once only one writes an entry.
            there = list(self.filter(pk__in=[token.pk for token in tokens]).select_for_update())
            _audit("token revoked", there, by=by)
            self.filter(pk__in=[token.pk for token in there]).delete()
        return len(there)

    def find(self, secret: str) -> APIToken | None:
        """Returns the live token with this secret. The look-up is by digest, so that its time gives nothing away."""
        token = self.select_related("user").filter(digest=digest_of(secret)).first()
        if token is None or (token.expires_at is not None and token.expires_at <= timezone.now()):
            return None
        return token


class APIToken(models.Model):
    """A key that acts for a user with some permissions, immutable after its creation."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, editable=False)  # the secret itself is stored nowhere
    identifier = models.CharField(max_length=100, default="Custom Token", help_text="What its owner calls it.")
    permissions = ArrayField(models.CharField(max_length=32, choices=Permission.choices), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    # A token outlives the tool that asked for it: it is its owner's to revoke.
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
        """Returns an unsaved token and its secret (40 hex characters), which is stored nowhere."""
        secret = secrets.token_hex(20)
        return cls(user=user, digest=digest_of(secret), **fields), secret
