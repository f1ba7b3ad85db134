"""API clients, which request tokens, and the codes that OAuth 2 exchanges for tokens."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from imports.models.accounts import User
from imports.models.tokens import Permission, digest_of

MAX_CLIENTS_PER_USER = 20
KEY = "%%TACHI_KEY%%"
"""The placeholder of the token in a template."""
CODE_LIFETIME = timedelta(minutes=10)


class TooManyClients(Exception):
    """The user has the maximum number of clients; the text may be shown."""

    def __init__(self) -> None:
        super().__init__(f"You have {MAX_CLIENTS_PER_USER} API clients already. Delete one first.")


def new_client_id() -> str:
    return f"CI{secrets.token_hex(20)}"


def check_redirect_uri(value: str) -> None:
    """Raises ValidationError unless the value is an http or https URL without a fragment."""
    try:
        parts = urlsplit(value)
        is_fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.fragment
    except ValueError:
        is_fit = False
    if not is_fit or any(letter.isspace() for letter in value):
        raise ValidationError("This is not an http or https URL.")


def check_webhook_uri(value: str) -> None:
    """Raises ValidationError unless the value is an http or https URL with a valid port and without credentials."""
    check_redirect_uri(value)
    parts = urlsplit(value)
    try:
        is_fit = parts.port != 0 and parts.username is None
    except ValueError:
        is_fit = False
    if not is_fit or not value.isprintable():
        raise ValidationError("This is not an http or https URL.")


def check_template(value: str) -> None:
    """Raises ValidationError for a template without the placeholder of the token."""
    if KEY not in value:
        raise ValidationError(f"It has to contain {KEY}.")


class APIClientManager(models.Manager["APIClient"]):
    def get_by_natural_key(self, client_id: str) -> APIClient:
        """Lets `loaddata` find a client of a fixture, so that loading the fixture again updates it."""
        return self.get(client_id=client_id)

    def create_for(self, user: User, **fields: Any) -> tuple[APIClient, str]:
        """Creates a client of a user; returns it and its secret, which is not stored. Raises TooManyClients."""
        if self.filter(author=user).count() >= MAX_CLIENTS_PER_USER:
            raise TooManyClients
        secret = secrets.token_hex(20)
        return self.create(author=user, secret_digest=digest_of(secret), **fields), secret

    def present(self) -> models.QuerySet[APIClient]:
        """Returns the operator's clients and those whose author is neither deleted nor pending deletion."""
        return self.filter(author__leaves_at=None)

    def connected_to(self, user_id: int) -> models.QuerySet[APIClient]:
        """Returns the clients with a webhook and a signing secret for which the player has a valid token."""
        is_live = Q(tokens__expires_at=None) | Q(tokens__expires_at__gt=timezone.now())
        signing = self.present().exclude(webhook_uri="").exclude(secret_digest="")
        return signing.filter(is_live, tokens__user_id=user_id).distinct().order_by("pk")


class APIClient(models.Model):
    """A tool that requests tokens from players; it belongs to a user or, without an author, to the operator."""

    client_id = models.CharField(max_length=80, default=new_client_id)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)  # the secret itself is not stored
    name = models.CharField(max_length=80)
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="api_clients")
    permissions = ArrayField(models.CharField(max_length=32, choices=Permission.choices), default=list, blank=True)
    redirect_uri = models.CharField(max_length=500, blank=True, validators=[check_redirect_uri])
    webhook_uri = models.CharField(
        max_length=500, blank=True, default="", db_default="", validators=[check_webhook_uri]
    )
    key_template = models.TextField(
        max_length=10_000, blank=True, validators=[check_template], help_text=f"With {KEY} where the token goes."
    )
    key_filename = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[APIClientManager] = APIClientManager()

    class Meta:
        verbose_name = "API client"
        constraints = (models.UniqueConstraint(fields=("client_id",), name="client_ids_are_unique"),)
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str]:
        return (self.client_id,)

    def reset_secret(self) -> str:
        """Replaces the secret and returns the new one."""
        secret = secrets.token_hex(20)
        self.secret_digest = digest_of(secret)
        self.save(update_fields=["secret_digest"])
        return secret

    def has_secret(self, secret: str) -> bool:
        return bool(self.secret_digest) and hmac.compare_digest(self.secret_digest, digest_of(secret))

    @property
    def signing_key(self) -> bytes:
        """The SHA-256 of the secret, which is stored and which the client can compute. Empty without a secret."""
        return bytes.fromhex(self.secret_digest)

    def filled_template(self, token: str) -> str:
        """Returns the template with the token in its first placeholder; without a template the token."""
        return self.key_template.replace(KEY, token, 1) if self.key_template else token


class AuthorizationCodeManager(models.Manager["AuthorizationCode"]):
    def create_code(
        self, user: User, *, client: APIClient | None = None, challenge: str = ""
    ) -> tuple[AuthorizationCode, str]:
        """Creates a code and returns it with its secret, which is not stored."""
        secret = secrets.token_hex(20)
        return self.create(user=user, client=client, challenge=challenge, digest=digest_of(secret)), secret

    def lock_live(self, secret: str, client: APIClient) -> AuthorizationCode | None:
        """Returns the valid code, locked until the transaction ends; None if this client has none."""
        since = timezone.now() - CODE_LIFETIME
        # A code that was created without a client may be used by any client, as in Tachi.
        allowed = models.Q(client=client) | models.Q(client=None)
        live = self.filter(allowed, digest=digest_of(secret), created_at__gt=since, user__is_active=True)
        return live.exclude(user__is_banned=True).select_related("user").select_for_update(of=("self",)).first()

    def expired(self) -> models.QuerySet[AuthorizationCode]:
        return self.filter(created_at__lte=timezone.now() - CODE_LIFETIME)


class AuthorizationCode(models.Model):
    """A code that a tool exchanges for a token, once and within ten minutes. `challenge`: PKCE's code challenge."""

    digest = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(APIClient, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    challenge = models.CharField(max_length=128, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects: ClassVar[AuthorizationCodeManager] = AuthorizationCodeManager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("digest",), name="authorization_codes_are_unique"),)

    def __str__(self) -> str:
        return f"code of user {self.user_id}"

    def is_verified_by(self, verifier: str) -> bool:
        """Returns whether the SHA-256 of the verifier is the challenge (RFC 7636, S256)."""
        computed = urlsafe_b64encode(sha256(verifier.encode("utf-8", "surrogatepass")).digest()).rstrip(b"=")
        return hmac.compare_digest(computed, self.challenge.encode("utf-8", "surrogatepass"))
