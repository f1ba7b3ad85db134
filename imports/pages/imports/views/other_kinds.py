"""POST /imports/:id/upload-as/: imports the file of a failed import again, as the kind that it looks like."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from imports import jobs, submissions
from imports.errors import ImportFailed
from imports.pages.core.permissions import AuthenticatedRequest, client_of, own_import, sign_in_required
from imports.pages.core.urls import import_url
from imports.pages.imports.other_kinds import other_format, stored_content, upload_as
from imports.pages.texts import upload_texts


@require_POST
@sign_in_required
def import_upload_as(request: AuthenticatedRequest, import_id: str) -> HttpResponse:
    """Makes one import, even if the button is pressed repeatedly. The failed import stays as it is."""
    job = own_import(request, import_id)
    content = stored_content(job)
    source = other_format(job, content)
    value = request.POST.get(source.fields[0].name, "") if source and source.fields else ""
    upload = upload_as(job, source, content, value=value, client=client_of(request)) if source else None
    if upload is None:
        messages.info(request, upload_texts.NO_OTHER_KIND)
        return redirect(import_url(job))
    try:
        made = submissions.submit_once(request.user, upload, key=f"{job.import_id} {upload.import_type} {value}")
    except (jobs.QuotaExceeded, ImportFailed) as refusal:
        messages.error(request, str(refusal))
        return redirect(import_url(job))
    return redirect(import_url(made))
