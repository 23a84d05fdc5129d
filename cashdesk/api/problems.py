"""The pages of the error codes, for people and for programs. A problem's `type` leads to its page."""

import json
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk.errors import NotFound
from cashdesk.web.dialects import PROBLEM_PAGES, ExactJSONRenderer
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.permissions import PUBLIC
from cashdesk.web.problems import Problem, problems
from cashdesk.web.shell import keep_to_person
from cashdesk.web.views import ApiViewSet

KEPT_BY_CACHES = {"Cache-Control": "public, max-age=3600"}
"""The words change only with a new version, and they are the same for everybody, unless the bars show a person."""


class PageRenderer(TemplateHTMLRenderer):
    """Renders the answer as an HTML page, for browsers."""

    def get_template_context(self, data: Any, renderer_context: Any) -> dict[str, Any]:
        """Adds the example as text, and the address of the table."""
        context = {**data, "all": PROBLEM_PAGES}
        if "example" in data:
            context["example_text"] = json.dumps(data["example"]["body"], indent=2, ensure_ascii=False)
        return context


class ProblemExampleSerializer(serializers.Serializer[Any]):
    """A refused request and its answer."""

    request = serializers.CharField()
    status = serializers.IntegerField()
    body = serializers.DictField(help_text="The answer, in the format of the API to which the path belongs.")


class ProblemWordsSerializer(serializers.Serializer[Problem]):
    """An error code and its meaning."""

    type = serializers.CharField(help_text="The path of this page, which is also the `type` of RFC 9457 problems.")
    code = serializers.CharField()
    title = serializers.CharField()
    statuses = serializers.ListField(child=serializers.IntegerField(), help_text="The HTTP statuses of the code.")
    means = serializers.CharField(help_text="The meaning of the code.")
    occurs = serializers.CharField(help_text="The situations in which it is answered.")
    remedy = serializers.CharField(help_text="What the caller can do.")


class ProblemPageSerializer(ProblemWordsSerializer):
    """An error code, its meaning and an example."""

    example = ProblemExampleSerializer()

    def to_representation(self, instance: Problem) -> dict[str, Any]:
        words = ProblemWordsSerializer(instance).data
        example = {
            "request": instance.example.request,
            "status": instance.statuses[0],
            "body": instance.example_body(),
        }
        return {**words, "example": example}


class ProblemTableSerializer(serializers.Serializer[Any]):
    """All error codes."""

    problems = ProblemWordsSerializer(many=True)


class ProblemViewSet(ApiViewSet):
    """Explains the error codes. Ignores credentials, so that a caller with an expired token can read it too."""

    authentication_classes = ()
    renderer_classes = (ExactJSONRenderer, PageRenderer)
    filter_backends = ()
    access = {"list": PUBLIC, "retrieve": PUBLIC}

    @extend_schema(operation_id="problems", responses={200: ProblemTableSerializer}, tags=["Problems"], auth=[])
    def list(self, request: Request) -> Response:
        """Lists every error code with its meaning. Answers with a page if a browser asks for HTML."""
        shown = {"problems": [ProblemWordsSerializer(problem).data for problem in problems().values()]}
        return self._kept(request, shown, template_name="api/problems.html")

    @extend_schema(
        operation_id="problem",
        parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH, description="The code, such as not_found.")],
        responses={200: ProblemPageSerializer, 404: PROBLEM},
        tags=["Problems"],
        auth=[],
    )
    def retrieve(self, request: Request, code: str) -> Response:
        """Explains one error code, with an example. Answers with a page if a browser asks for HTML."""
        problem = problems().get(code)
        if problem is None:
            raise NotFound("There is no error code with this name. GET /api/v1/problems lists all.")
        return self._kept(request, ProblemPageSerializer(problem).data, template_name="api/problem.html")

    def _kept(self, request: Request, shown: Any, *, template_name: str) -> Response:
        answer = Response(shown, template_name=template_name, headers=KEPT_BY_CACHES)
        if isinstance(request.accepted_renderer, PageRenderer):
            keep_to_person(request, answer)
        return answer
