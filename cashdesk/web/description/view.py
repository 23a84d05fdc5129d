"""Publishes the API description. Each process builds it only once, because that takes a second."""

from functools import cache

from django.http import HttpResponse
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


class DescriptionView(SpectacularAPIView):
    """Answers in YAML or JSON, as the Accept header asks."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        """Returns the whole description. It is the same for everybody."""
        renderer = request.accepted_renderer
        return HttpResponse(
            _written(str(renderer.media_type)),
            content_type=renderer.media_type,
            headers={
                "Content-Disposition": f'inline; filename="{spectacular_settings.TITLE}.{renderer.format}"',
                "Vary": "Accept",
            },
        )


@cache
def _written(media_type: str) -> str | bytes:
    (renderer,) = (kind for kind in DescriptionView.renderer_classes if kind.media_type == media_type)
    generator = spectacular_settings.DEFAULT_GENERATOR_CLASS()
    return renderer().render(generator.get_schema(request=None, public=True), renderer_context={})
