"""Forms that give something: a file, a token's wishes. Those of accounts are in account_forms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from imports.formats import FORMATS, text
from imports.jobs import Upload
from imports.models import Permission, User
from imports.models.accounts import MOST_TOKENS, TooManyTokens
from imports.pages import account_words, words
from imports.pages.texts import gettext_lazy


def file_types() -> list[tuple[str, str]]:
    """The kinds of files: import type and name."""
    return [(each.import_type, each.name) for each in FORMATS if each.import_type.startswith("file/")]


class UploadForm(forms.Form):
    """A file or pasted text, under the names that the API has for it."""

    importType = forms.ChoiceField(  # noqa: N815 - the API's name
        label=gettext_lazy("What it is"),
        error_messages={"invalid_choice": words.UNKNOWN_KIND, "required": words.UNKNOWN_KIND},
    )
    scoreData = forms.FileField(  # noqa: N815 - the API's name
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,  # we say it ourselves
        widget=forms.FileInput(attrs={"accept": ".json,application/json,text/plain"}),
    )
    pasted = forms.CharField(
        label=gettext_lazy("Paste batch-manual JSON"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"spellcheck": "false", "rows": 6, "placeholder": '{ "meta": { "game": "sdvx", … }, … }'}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = self.fields["importType"]
        assert isinstance(kinds, forms.ChoiceField)  # noqa: S101 - for mypy
        kinds.choices = file_types()
        kinds.initial = kinds.choices[0][0]
        if len(kinds.choices) == 1:
            kinds.widget = kinds.hidden_widget()

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        file, pasted = cleaned["scoreData"], cleaned["pasted"]
        if file is not None and pasted.strip():
            raise forms.ValidationError({"pasted": words.ONE_OR_THE_OTHER})
        field, content = ("pasted", pasted.encode()) if pasted.strip() else ("scoreData", _content(file))
        problem = problem_of(content)
        if problem:
            raise forms.ValidationError({field: problem})
        return {**cleaned, "content": content}

    failure = ""
    """The exact message of a check that could not read the file as a whole."""

    def with_error(self, message: str) -> UploadForm:
        """The form with this to say about it as a whole."""
        self.add_error(None, message)
        return self

    def with_failure(self, message: str) -> UploadForm:
        """The form of a file that cannot be read as it stands."""
        self.failure = message
        return self.with_error(words.failure_reason(400))

    def upload(self, client: str, *, fields: Mapping[str, str] | None = None) -> Upload:
        """What to submit, or to check."""
        file = self.cleaned_data["scoreData"]
        return Upload(
            content=self.cleaned_data["content"],
            import_type=self.cleaned_data["importType"],
            file_name=file.name if file else "",
            fields=fields or {},
            user_intent=True,
            client=client.replace("\0", ""),
        )


def _content(file: UploadedFile[bytes] | None) -> bytes:
    """What the file holds. Raises ValidationError without one, and before reading one that is too large."""
    if file is None:
        raise forms.ValidationError({"scoreData": words.CHOOSE_A_FILE})
    if file.size is None or file.size > settings.TACHI_MAX_UPLOAD_BYTES:
        raise forms.ValidationError({"scoreData": words.too_large(settings.TACHI_MAX_UPLOAD_BYTES)})
    content: bytes = file.read()
    return content


def problem_of(content: bytes) -> str:
    """What can be said at once of a file that cannot be read at all; empty where a worker has to look."""
    if not content.strip():
        return words.EMPTY_FILE
    try:
        text.decode(content)
    except text.NotTextError as problem:
        return str(problem)
    return "" if content.lstrip().startswith(b"{") else words.NOT_JSON


class ExplainedChoices(forms.CheckboxSelectMultiple):
    """Boxes that say below their names what they mean: `hint` of each option."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        return {**option, "hint": account_words.MAY[str(value)][1]}


OFTEN = (Permission.SUBMIT_SCORE, Permission.DELETE_SCORE)  # what players' tools want
PERMISSIONS = (*OFTEN, *(each for each in Permission if each not in OFTEN))


class TokenForm(forms.Form):
    """A new token: its name, what it may do, and until when."""

    name = forms.CharField(
        max_length=100,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("For example the tool or the machine it is for."),
    )
    may = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        choices=[(each.value, account_words.MAY[each.value][0]) for each in PERMISSIONS],
        widget=ExplainedChoices,
        initial=[Permission.SUBMIT_SCORE.value],
        error_messages={"required": words.MAY_NOTHING},
    )
    lasts = forms.TypedChoiceField(
        label=gettext_lazy("Expires"),
        choices=[
            ("", gettext_lazy("Never")),
            ("30", gettext_lazy("In 30 days")),
            ("90", gettext_lazy("In 90 days")),
            ("365", gettext_lazy("In a year")),
        ],
        coerce=int,
        required=False,
        empty_value=None,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.user.tokens.filter(identifier__iexact=name).exists():
            raise forms.ValidationError(words.NAME_TAKEN)
        if self.user.tokens.count() >= MOST_TOKENS:
            raise forms.ValidationError(str(TooManyTokens()))
        return name

    def issue(self) -> str:
        """Makes the token and returns its secret, which is stored nowhere."""
        days = self.cleaned_data["lasts"]
        _, secret = self.user.tokens.model.objects.issue(
            self.user,
            identifier=self.cleaned_data["name"],
            permissions=self.cleaned_data["may"],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        return secret
