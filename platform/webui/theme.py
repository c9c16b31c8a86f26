"""A tenant's colour: two numbers in a stylesheet of its own. Lightness is ours, so contrast holds for any of them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control

from kernel.doors import open_door
from tenancy import TenantRef

DANGER = range(8, 43)  # the hues that mean danger; a brand is moved to the nearest edge
CHROMA = (0.02, 0.12)


def url_for(tenant: TenantRef) -> str:
    return f"/theme/{_safe_hue(tenant.brand_hue)}-{round(_safe_chroma(tenant.brand_chroma) * 1000)}.css"


@open_door("a colour is no secret")
@cache_control(public=True, max_age=31_536_000, immutable=True)
def stylesheet(request: HttpRequest, hue: int, chroma: int) -> HttpResponse:
    """The stylesheet of one hue and chroma (in thousandths). Its address says all, so it is cached for good."""
    if hue != _safe_hue(hue) or chroma / 1000 != _safe_chroma(chroma / 1000):
        raise Http404
    return HttpResponse(f":root{{--brand-h:{hue};--brand-c:{chroma / 1000}}}\n", content_type="text/css")


def _safe_hue(hue: int) -> int:
    hue %= 360
    if hue in DANGER:
        return DANGER.start - 1 if hue - DANGER.start < DANGER.stop - 1 - hue else DANGER.stop
    return hue


def _safe_chroma(chroma: float) -> float:
    return min(max(chroma, CHROMA[0]), CHROMA[1])
