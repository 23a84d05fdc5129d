"""Publishes the API description, as a file and as a page. Each process builds it only once, because that takes a second."""

import gzip
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.utils.translation import override
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.enums import Language
from cashdesk.web.shell import keep_to_person


class DescriptionView(SpectacularAPIView):
    """Answers in YAML or JSON, as the Accept header asks."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        """Returns the whole description. It is the same for everybody."""
        renderer = request.accepted_renderer
        headers = {
            "Content-Disposition": f'inline; filename="{spectacular_settings.TITLE}.{renderer.format}"',
            "Vary": "Accept, Accept-Encoding",
        }
        media_type = str(renderer.media_type)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            # 56 kB instead of 586. Nothing in it is secret.
            headers["Content-Encoding"] = "gzip"
            return HttpResponse(_packed(media_type), content_type=media_type, headers=headers)
        return HttpResponse(_written(media_type), content_type=media_type, headers=headers)


class DocsView(SpectacularSwaggerSplitView):
    """Shows the description as a page, with Swagger UI."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Returns the page, or its script with `?script=`."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        keep_to_person(request, response)
        return response


@cache
def _packed(media_type: str) -> bytes:
    written = _written(media_type)
    return gzip.compress(written.encode() if isinstance(written, str) else written, mtime=0)


@cache
def _written(media_type: str) -> str | bytes:
    (renderer,) = (kind for kind in DescriptionView.renderer_classes if kind.media_type == media_type)
    generator = spectacular_settings.DEFAULT_GENERATOR_CLASS()
    # Models name their fields in the language of the page. The description is kept, so it must not depend on who asks first.
    with override(Language.ENGLISH):
        return renderer().render(generator.get_schema(request=None, public=True), renderer_context={})
