"""Sign-in and sign-out (docs/contracts.md, section 0)."""

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cashdesk import queries
from cashdesk.api.key import KeySerializer
from cashdesk.api.signed_in import PersonSerializer, ProfileSerializer, SignedInPersonSerializer, TenantSerializer
from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.people.access_token import SignedIn, revoke
from cashdesk.domain.people.refresh_token import refresh_sign_in
from cashdesk.domain.people.sign_in import sign_in
from cashdesk.models import AccessToken, Store
from cashdesk.web.authentication import COOKIE, REFRESH_COOKIE, delete_token_cookies, refuse_foreign_origin
from cashdesk.web.devices import remember_device, source_of
from cashdesk.web.dialects import CommonDialect, SmallFormParser
from cashdesk.web.fields import InstantField, StrictSerializer, TextField, WholeNumberField
from cashdesk.web.openapi import COMMON_ERROR
from cashdesk.web.permissions import PUBLIC, Access
from cashdesk.web.views import ApiViewSet

OTP = "The code of the authenticator app, or a recovery code. Only for people with a second factor."


class LoginRequest(StrictSerializer):
    """The password and exactly one of `email`, `username` or `rut`.

    People with a second factor also send `otp`. The optional `store` and `station` bind the token to that store and
    register.
    """

    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    email = TextField(max_length=254, required=False)
    username = TextField(max_length=150, required=False)
    rut = TextField(max_length=20, required=False)
    otp = TextField(max_length=40, required=False, allow_blank=True, help_text=OTP)
    store = TextField(max_length=36, required=False, help_text="Number or UUID of the store.")
    station = WholeNumberField(required=False, help_text="Number of the register.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in ("email", "username", "rut")) != 1:
            raise serializers.ValidationError({"username": "Send one of username, email or rut."})
        return attrs


class PasswordFormRequest(StrictSerializer):
    """The form of an OAuth2 sign-in with a password. Only `username`, `password` and `otp` have an effect."""

    grant_type = serializers.ChoiceField(choices=["password"], required=False, allow_blank=True)
    username = TextField(max_length=254, help_text="Username, e-mail address or tax id.")
    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    otp = TextField(max_length=40, required=False, allow_blank=True, help_text=OTP)
    scope = TextField(max_length=1000, required=False, allow_blank=True)
    client_id = TextField(max_length=1000, required=False, allow_blank=True)
    client_secret = TextField(max_length=1000, required=False, allow_blank=True)


class SignedInData(serializers.Serializer[Any]):
    """The part of the answer that clients of the shifts API read."""

    expired = InstantField()
    profile = ProfileSerializer()


class LoginResponse(serializers.Serializer[Any]):
    """The answer to a sign-in. It has the fields for clients of the cash-sessions API and of the shifts API."""

    message = serializers.CharField()
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    user = SignedInPersonSerializer()
    available_tenants = TenantSerializer(many=True)
    data = SignedInData()  # type: ignore[assignment]  # the published name hides DRF's property


class MeResponse(serializers.Serializer[Any]):
    """The caller. A person gets `user` and `data`, an API key gets `key`."""

    message = serializers.CharField()
    user = PersonSerializer(required=False)
    data = ProfileSerializer(required=False)  # type: ignore[assignment]  # the published name hides DRF's property
    key = KeySerializer(required=False)


class ValidateResponse(serializers.Serializer[Any]):
    """The signed-in person and the stores in which they may work."""

    user = SignedInPersonSerializer()
    available_tenants = TenantSerializer(many=True)


class LogoutResponse(serializers.Serializer[Any]):
    """The answer to a sign-out."""

    message = serializers.CharField()


class AuthViewSet(ApiViewSet):
    """Signs people in and out, and shows the signed-in person."""

    dialect = CommonDialect
    access = {
        "login": PUBLIC,
        "token": PUBLIC,
        "refresh": PUBLIC,
        "logout": Access(),
        "me": Access(any_key=True),
        "validate": Access(),
    }
    not_replayed = ("login", "token", "refresh")

    @extend_schema(
        operation_id="login",
        request=LoginRequest,
        responses={200: LoginResponse, 400: COMMON_ERROR, 401: COMMON_ERROR, 403: COMMON_ERROR, 429: COMMON_ERROR},
        auth=[],
        tags=["Sign-in"],
    )
    @action(detail=False, methods=["post"])
    def login(self, request: Request) -> Response:
        """Signs in and returns a bearer token. The answer also sets the cookies `access_token` and `refresh_token`.

        For people with a second factor, a right password without `otp` gets 401 with the error `otp_required`. Ask for the
        code and send everything again.
        """
        refuse_foreign_origin(request)
        return self._signed_in(request, **self.validated(LoginRequest))

    @extend_schema(
        operation_id="token",
        request=PasswordFormRequest,
        responses={
            200: LoginResponse,
            400: COMMON_ERROR,
            401: COMMON_ERROR,
            403: COMMON_ERROR,
            415: COMMON_ERROR,
            429: COMMON_ERROR,
        },
        auth=[],
        tags=["Sign-in"],
    )
    @action(detail=False, methods=["post"], parser_classes=[SmallFormParser])
    def token(self, request: Request) -> Response:
        """Signs in with an OAuth2 password form. Otherwise the same as `POST /auth/login`."""
        refuse_foreign_origin(request)
        form = self.validated(PasswordFormRequest)
        return self._signed_in(request, name=form["username"], password=form["password"], otp=form.get("otp", ""))

    @extend_schema(
        operation_id="refresh",
        request=None,
        responses={200: LoginResponse, 401: COMMON_ERROR, 403: COMMON_ERROR, 429: COMMON_ERROR},
        parameters=[
            OpenApiParameter(
                REFRESH_COOKIE,
                str,
                OpenApiParameter.COOKIE,
                required=True,
                description="The refresh token of the sign-in, or of the last refresh.",
            )
        ],
        auth=[],
        tags=["Sign-in"],
    )
    @action(detail=False, methods=["post"])
    def refresh(self, request: Request) -> Response:
        """Replaces both tokens of a sign-in by new ones. The answer sets both cookies again.

        Send no body. A refresh token works once. If it is used again, the sign-in ends. A repeat within 30 seconds gets
        the same tokens, if it also sends the old cookie `access_token`.
        """
        refuse_foreign_origin(request)
        signed_in = refresh_sign_in(
            secret=request.COOKIES.get(REFRESH_COOKIE, ""),
            access_secret=request.COOKIES.get(COOKIE, ""),
            source=source_of(request._request),
            lifetime=timedelta(hours=settings.ACCESS_TOKEN_HOURS),
            grace=timedelta(seconds=settings.REFRESH_GRACE_SECONDS),
            at=self.now,
        )
        return self._answer_with_cookies(request, signed_in)

    def _signed_in(self, request: Request, **credentials: Any) -> Response:
        """Signs the person in and returns the answer, with the cookies."""
        signed_in = sign_in(
            **credentials,
            at=self.now,
            source=source_of(request._request),
            lifetime=timedelta(hours=settings.ACCESS_TOKEN_HOURS),
            renewable_for=timedelta(hours=settings.REFRESH_TOKEN_HOURS),
        )
        if signed_in.token.user is not None:
            remember_device(request._request, signed_in.token.user)
        return self._answer_with_cookies(request, signed_in)

    def _answer_with_cookies(self, request: Request, signed_in: SignedIn) -> Response:
        token = signed_in.token
        tenants = queries.workplaces(by=Principal(user=token.user, token=token))
        shown = LoginResponse(_login_answer(token, signed_in.secret, tenants=tenants), context={"user": token.user})
        response = Response(shown.data)
        # Both last as long as the refresh token, because a repeated refresh must send the old access token too.
        until = token.renewable_until or token.expires_at
        _set_cookie(response, request, COOKIE, signed_in.secret, until=until, path="/")
        path = reverse("auth-refresh")  # no other call needs the refresh token
        _set_cookie(response, request, REFRESH_COOKIE, signed_in.refresh_secret, until=until, path=path)
        return response

    @extend_schema(
        operation_id="logout", request=None, responses={200: LogoutResponse, 401: COMMON_ERROR}, tags=["Sign-in"]
    )
    @action(detail=False, methods=["post"])
    def logout(self, request: Request) -> Response:
        """Revokes the caller's tokens immediately. Without a token, ends the caller's browser session."""
        if self.by.token is not None:
            revoke(token=self.by.token, by=self.by, at=self.now)
        else:
            logout(request._request)
        response = Response({"message": "Success"})
        delete_token_cookies(response)
        return response

    @extend_schema(operation_id="me", responses={200: MeResponse, 401: COMMON_ERROR}, tags=["Sign-in"])
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> Response:
        """Shows who makes the call: the signed-in person, or the API key with its scopes and its expiry."""
        if self.by.is_program:
            return Response(MeResponse({"message": "Success", "key": self.by.token}).data)
        return Response(MeResponse({"message": "Success", "user": self.by.user, "data": self.by.user}).data)

    @extend_schema(operation_id="validate", responses={200: ValidateResponse, 401: COMMON_ERROR}, tags=["Sign-in"])
    @action(detail=False, methods=["get"])
    def validate(self, request: Request) -> Response:
        """Shows the signed-in person and the stores in which they may work."""
        answer = {"user": self.by.user, "available_tenants": queries.workplaces(by=self.by)}
        return Response(ValidateResponse(answer, context={"user": self.by.user}).data)


def _set_cookie(
    response: Response, request: Request, name: str, secret: str, *, until: datetime | None, path: str
) -> None:
    is_local = request.get_host().rsplit(":", 1)[0] in ("localhost", "127.0.0.1", "[::1]", "testserver")
    same_site = settings.ACCESS_TOKEN_SAMESITE
    response.set_cookie(
        name,
        secret,
        max_age=None if until is None else ceil((until - timezone.now()).total_seconds()),
        path=path,
        httponly=True,
        samesite=same_site,
        # Browsers drop a cookie with SameSite=None that is not Secure.
        secure=request.is_secure() or not is_local or same_site == "None",
    )


def _login_answer(token: AccessToken, secret: str, *, tenants: list[Store]) -> dict[str, Any]:
    return {
        "message": "Success",
        "access_token": secret,
        "token_type": "bearer",
        "user": token.user,
        "available_tenants": tenants,
        "data": {"expired": token.expires_at, "profile": token.user},
    }
