"""Mails, if the operator has configured a mail server: sent by workers, never in a request."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import close_old_connections
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from imports.access import email_links
from imports.advisory_locks import MAIL_LOCK, try_lock
from imports.jobs import queue
from imports.jobs.outgoing import outbox
from imports.models import KnownPlace, Mail, User

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 6  # the last about three hours after the first
SEND_FOR_SECONDS = 10.0  # then waiting imports are next


def is_mail_enabled() -> bool:
    """Returns whether the operator has configured a mail server."""
    return bool(settings.TACHI_MAIL)


def mail_address_link(user: User, address: str) -> None:
    """Queues a mail with a link that verifies an address which the user entered."""
    _add(Mail.Kind.ADDRESS, user=user, address=address, language=translation.get_language() or "")


def mail_password_reset(address: str) -> None:
    """Queues a password reset for an address. A worker looks up the accounts, so that timing reveals nothing."""
    _add(Mail.Kind.RESET, address=address, language=translation.get_language() or "")


def mail_export_ready(user: User) -> None:
    """Queues a mail to a player about a finished export, if they have a verified address."""
    if user.verified_email:
        _add(Mail.Kind.EXPORT, user=user, language=user.email_language)


def mail_new_place(user: User, *, browser: str, time_utc: str) -> None:
    """Queues a mail to a player about a sign-in, if they have a verified address."""
    if user.verified_email:
        data = {"browser": browser, "time": time_utc}
        _add(Mail.Kind.NEW_PLACE, user=user, language=user.email_language, data=data)


def _add(kind: Mail.Kind, **fields: Any) -> None:
    if is_mail_enabled():
        Mail.objects.create(kind=kind, **fields)


def sweep_mails() -> None:
    """Hands the next mails over to a worker."""
    if is_mail_enabled() and outbox.hand_over(Mail.objects.all()):
        queue.enqueue_mails()


def forget_places() -> None:
    """Deletes the known places of accounts that have not been used for long."""
    KnownPlace.objects.expired().delete()


def perform_mails() -> None:
    """Sends mails: the job in the queue. A worker is long-lived, so its connection may have been lost meanwhile."""
    close_old_connections()
    send_mails()


def send_mails() -> None:
    """Sends the mails that were handed over, unless another process is sending."""
    until = time.monotonic() + SEND_FOR_SECONDS
    with try_lock(MAIL_LOCK) as is_held:
        batch = outbox.take_batch(Mail.objects.select_related("user")) if is_held else []
        for place, mail in enumerate(batch):
            if time.monotonic() > until:
                outbox.release(Mail.objects.all(), batch[place:])
                return
            _send(mail)


def _send(mail: Mail) -> None:
    """Sends a mail and deletes it, or plans the next attempt. Addresses are not logged."""
    try:
        # More attempts than the maximum: the earlier workers died while sending.
        for message in _messages(mail) if mail.attempts <= MAX_ATTEMPTS else ():
            message.send()
    except SMTPRecipientsRefused:
        log.info("mail %s was refused: no such address", mail)
    except (SMTPException, OSError) as error:
        mail.put_off(max_attempts=MAX_ATTEMPTS)
        log.warning("mail %s could not be sent in attempt %s (%s)", mail, mail.attempts, type(error).__name__)
        if mail.next_attempt_at is not None:
            columns = {"next_attempt_at": mail.next_attempt_at, "handed_over_at": None}
            Mail.objects.filter(pk=mail.pk).update(**columns)
            return
    Mail.objects.filter(pk=mail.pk).delete()


def _messages(mail: Mail) -> Iterator[EmailMessage]:
    """Yields the messages of a mail; none for accounts that are deleted, banned or without an address by now."""
    if mail.kind == Mail.Kind.RESET:
        eligible = User.objects.filter(is_active=True, is_banned=False, email_changed_at__isnull=False)
        for user in eligible.filter(email__iexact=mail.address):
            if user.has_usable_password():
                key = urlsafe_base64_encode(force_bytes(user.pk))
                url = reverse("password-reset-confirm", args=[key, default_token_generator.make_token(user)])
                # To the verified address: the typed one may only look like it.
                yield _message(mail, user, user.email, url)
        return
    owner = mail.user
    if owner is None or not owner.is_active or owner.is_banned:
        return
    if mail.kind == Mail.Kind.ADDRESS:
        url = reverse("email-confirm", args=[email_links.make_token(owner, mail.address)])
        yield _message(mail, owner, mail.address, url)
    elif owner.verified_email:
        url = reverse("your-data" if mail.kind == Mail.Kind.EXPORT else "account")
        yield _message(mail, owner, owner.verified_email, url)


def _message(mail: Mail, user: User, address: str, url: str) -> EmailMessage:
    """Renders a mail. The first line of its template is the subject."""
    context = {
        **mail.data,
        "username": user.username,
        "instance": settings.TACHI_NAME,
        "url": f"{settings.TACHI_PUBLIC_URL}{url}",
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
        "days": settings.TACHI_KEEP_EXPORT_DAYS,
    }
    with translation.override(mail.language or settings.LANGUAGE_CODE):
        text = render_to_string(f"mails/{mail.kind}.txt", context).lstrip()
    subject, _, body = text.partition("\n")
    return EmailMessage(subject.strip(), body.lstrip(), to=[address], headers={"Auto-Submitted": "auto-generated"})
