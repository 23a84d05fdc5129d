"""Our own API for people: the ids and operator codes that other calls take (docs/contracts.md, section 5)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.domain.people.email_visibility import may_see_sign_in_names
from cashdesk.enums import Scope
from cashdesk.filters import PERSON_PARAMETERS, PersonFilter
from cashdesk.models import User
from cashdesk.web.dialects import ProblemDialect
from cashdesk.web.fields import RowSerializer
from cashdesk.web.list_filters import PAGE
from cashdesk.web.openapi import PROBLEM
from cashdesk.web.pagination import InOrder
from cashdesk.web.permissions import Access
from cashdesk.web.revalidation import KEPT
from cashdesk.web.views import ApiViewSet

OF_MANAGERS = ("username", "email", "rut", "operator")
"""Fields that a cashier does not see, because people sign in with them, here or at a till."""


class WorkingPersonSerializer(RowSerializer[User]):
    """A person. If the caller is a cashier, `username`, `email`, `rut` and `operator` are null."""

    uuid = serializers.UUIDField(help_text="The id that the shifts API uses.")
    operator = serializers.CharField(
        source="operator_uid", allow_null=True, help_text="The operator code, or the id of a person without a code."
    )
    username = serializers.CharField(allow_null=True)
    email = serializers.CharField(allow_null=True, help_text="E-mail address; empty if the person has none.")
    rut = serializers.CharField(allow_null=True, help_text="Tax id; empty if the person has none.")
    store = serializers.CharField(
        source="store.number", default=None, allow_null=True, help_text="Number of the person's store."
    )
    station = serializers.IntegerField(
        source="register.number", default=None, allow_null=True, help_text="The assigned register."
    )

    class Meta:
        model = User
        fields = (
            "id", "uuid", "name", "role", "operator", "username", "email", "rut", "store", "station", "is_active",
            "created_at", "updated_at",
        )  # fmt: skip

    def to_representation(self, instance: User) -> dict[str, Any]:
        shown = super().to_representation(instance)
        return shown if may_see_sign_in_names(self.context["by"]) else shown | dict.fromkeys(OF_MANAGERS)


class PersonViewSet(ApiViewSet):
    """The people whom the caller works with."""

    dialect = ProblemDialect
    queryset = User.objects.none()
    polled = {"list": KEPT, "retrieve": KEPT}
    access = {"list": Access(scope=Scope.SESSIONS_READ), "retrieve": Access(scope=Scope.SESSIONS_READ)}
    query_parameters = {"list": (*PERSON_PARAMETERS, *InOrder.parameters)}
    filterset_class = PersonFilter

    @extend_schema(
        operation_id="people",
        parameters=[*PAGE],
        responses={200: WorkingPersonSerializer(many=True), 400: PROBLEM, 401: PROBLEM, 403: PROBLEM},
        tags=["Stores and people"],
    )
    def list(self, request: Request) -> Response:
        """Lists people, oldest first. A cashier sees the active people of their store.

        Managers and keys also see people who left. The `Link` header leads to the next page.
        """
        pages = InOrder()
        rows = self.filter_queryset(queries.people(by=self.by).select_related("store", "register"))
        page = pages.page(rows, request)
        shown = WorkingPersonSerializer(page, many=True, context={"by": self.by})
        return Response(shown.data, headers=pages.headers())

    @extend_schema(
        operation_id="person",
        responses={200: WorkingPersonSerializer, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM},
        tags=["Stores and people"],
    )
    def retrieve(self, request: Request, user_id: int) -> Response:
        """Shows one person."""
        found = queries.person(by=self.by, user_id=user_id)
        return Response(WorkingPersonSerializer(found, context={"by": self.by}).data)
