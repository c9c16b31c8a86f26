"""Where the short-lived links to files lead, if files lie in a folder of ours."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.views.decorators.http import require_safe

from filestore.links import file_behind, is_inline
from filestore.serving import answer_with
from tenancy.requests import Request
from webui.doors import open_page


@open_page("the link is signed for one file and good for a minute; whoever made it was allowed to see the file")
@require_safe
def stored_file(request: Request, token: str) -> HttpResponseBase:
    stored = file_behind(token)
    return answer_with(stored, inline=is_inline(stored), wanted=request.headers.get("Range", ""))
