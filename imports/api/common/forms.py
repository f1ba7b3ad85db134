"""Forms with one file, which is read only up to its maximum size."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    StopUpload,
    TemporaryFileUploadHandler,
)
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError

from imports.api.core.exceptions import APIError

FORM = "multipart/form-data"


class InvalidFile(APIError):
    status = 400
    message = "File provided was too large, corrupt, or provided in the wrong field."


class SizeLimit(FileUploadHandler):
    """Stops reading a file that is too large. `max_bytes`: bytes, by default the limit of all uploads."""

    exceeded = False

    def __init__(self, max_bytes: int | None = None) -> None:
        super().__init__()
        self.max_bytes = max_bytes or settings.TACHI_MAX_UPLOAD_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.seen = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        if self.seen > self.max_bytes:
            self.exceeded = True
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def read_form(
    request: HttpRequest, field: str, *, max_bytes: int | None = None, refusal: type[APIError] = InvalidFile
) -> tuple[UploadedFile[bytes] | None, QueryDict]:
    """Returns the file of this field, None if there is none, and the text fields.

    Raises `refusal` if the form is invalid, the file has more than `max_bytes` bytes, or there are other files.
    """
    limit = SizeLimit(max_bytes)
    request.upload_handlers = [limit, MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
    try:
        # Django parses only the forms of POST requests.
        if request.method == "POST":
            form: QueryDict = request.POST
            files = request.FILES
        else:
            form, files = request.parse_file_upload(request.META, request)
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise refusal() from error
    uploaded = [file for name in files for file in files.getlist(name)]
    if limit.exceeded or len(uploaded) > 1 or any(name != field for name in files):
        raise refusal()
    return uploaded[0] if uploaded else None, form
