"""The upload form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings

from imports.catalogue.format_names import format_name
from imports.formats import BY_IMPORT_TYPE, recognize, text
from imports.formats.base import Format, FormField
from imports.jobs import Upload
from imports.pages.components.sources.file_kinds import file_formats
from imports.pages.texts import problem_texts, upload_texts
from imports.pages.texts.translation import gettext_lazy


def file_fields(formats: Iterable[Format]) -> dict[str, FormField]:
    """Returns the additional fields of the formats, by field name."""
    return {field.name: field for each in formats for field in each.fields}


class UploadForm(forms.Form):
    """A file or pasted text, with the field names of the API."""

    importType = forms.ChoiceField(  # noqa: N815 - the API's name
        label=gettext_lazy("Import type"),
        required=False,
        error_messages={"invalid_choice": upload_texts.UNKNOWN_KIND},
    )
    scoreData = forms.FileField(  # noqa: N815 - the API's name
        label=gettext_lazy("File"),
        required=False,
        allow_empty_file=True,  # reported by our own message
    )
    pasted = forms.CharField(
        label=gettext_lazy("Paste the text"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "spellcheck": "false",
                "rows": 6,
                "placeholder": '{ "meta": { "game": "sdvx", … }, "scores": [ … ] }',
            }
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        formats = file_formats()
        kinds = self.fields["importType"]
        assert isinstance(kinds, forms.ChoiceField)  # noqa: S101 - for mypy
        kinds.choices = [
            ("", upload_texts.FIND_OUT),
            *((each.import_type, format_name(each.import_type)) for each in formats),
        ]
        endings = dict.fromkeys(ending for each in formats for ending in each.extensions)
        self.fields["scoreData"].widget.attrs["accept"] = ",".join([*endings, "text/plain"])
        for name, field in file_fields(formats).items():
            self.fields[name] = forms.ChoiceField(
                label=upload_texts.FIELD_LABELS.get(name, name),
                choices=[("", upload_texts.AS_NAMED), *((value, value) for value in field.values)],
                required=False,
            )
        self.order_fields(["importType", *file_fields(formats), "scoreData", "pasted"])

    def asked_fields(self) -> list[forms.BoundField]:
        """Returns the additional fields that some formats need."""
        return [self[name] for name in file_fields(file_formats())]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        file, pasted = cleaned["scoreData"], cleaned["pasted"]
        if pasted.strip():
            if file is not None:
                raise forms.ValidationError({"pasted": upload_texts.ONE_OR_THE_OTHER})
            field, content = "pasted", pasted.encode()
        elif file is None:
            raise forms.ValidationError({"scoreData": upload_texts.CHOOSE_A_FILE})
        elif file.size is None or file.size > settings.TACHI_MAX_UPLOAD_BYTES:  # before it is read into memory
            raise forms.ValidationError({"scoreData": upload_texts.too_large(settings.TACHI_MAX_UPLOAD_BYTES)})
        else:
            field, content = "scoreData", file.read()
        if not content.strip():
            raise forms.ValidationError({field: upload_texts.EMPTY_FILE})
        source = BY_IMPORT_TYPE.get(cleaned["importType"]) or recognize(content, file_formats())
        problem = upload_texts.NOT_RECOGNIZED if source is None else find_text_problem(content, source)
        if source is None or problem:
            raise forms.ValidationError({field: problem})
        values = {each.name: cleaned[each.name] or each.guess(file.name if file else "") for each in source.fields}
        for name, value in values.items():
            if not value:
                kind = format_name(source.import_type)
                raise forms.ValidationError({name: upload_texts.say_which(kind, source.fields[0].values)})
        return {**cleaned, "content": content, "source": source, "values": values}

    failure = ""
    """The exact message of a check that could not read the file."""

    @property
    def missing_field(self) -> str:
        """Returns the name of the additional field that the file needs."""
        return next((name for name in file_fields(file_formats()) if name in self.errors), "")

    def with_error(self, message: str) -> UploadForm:
        """Returns the form with this as its non-field error."""
        self.add_error(None, message)
        return self

    def with_failure(self, message: str) -> UploadForm:
        """Returns the form for a file that cannot be read."""
        self.failure = message
        kind = format_name(self.source.import_type)
        return self.with_error(f"{upload_texts.recognized_as(kind)} {problem_texts.failure_reason(400)}")

    @property
    def source(self) -> Format:
        """Returns the chosen format, or else the recognized one."""
        found: Format = self.cleaned_data["source"]
        return found

    def upload(self, client: str, *, fields: Mapping[str, str] | None = None) -> Upload:
        """Returns the upload to submit or to check."""
        file = self.cleaned_data["scoreData"]
        return Upload(
            content=self.cleaned_data["content"],
            import_type=self.source.import_type,
            file_name=file.name if file else "",
            fields={**self.cleaned_data["values"], **(fields or {})},
            user_intent=True,
            # PostgreSQL stores no NUL.
            client=client.replace("\0", ""),
        )


def find_text_problem(content: bytes, source: Format) -> str:
    """Returns why a file cannot be of this format; empty if only a worker can find out."""
    if ".json" not in source.extensions:
        return ""
    try:
        text.decode(content)
    except text.NotTextError as problem:
        return str(problem)
    return "" if content.lstrip().startswith(b"{") else upload_texts.NOT_JSON
