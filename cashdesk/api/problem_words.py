"""Words for the error codes that any API can answer: unreadable requests, sign-in, permissions, repeats and outages."""

from typing import Final

from cashdesk.web.problems import Example, Problem

UNREADABLE: Final = (
    Problem(
        code="invalid",
        statuses=(400,),
        means="A value is missing, malformed or out of bounds.",
        occurs="A field or a query parameter has no allowed value, is unknown, or contradicts another one.",
        remedy="Read the named fields, correct them and send the request again. The same idempotency key may be used.",
        example=Example(
            request="POST /api/v1/payments",
            text="",
            errors={"amount": "Enter a whole number, such as 1250."},
        ),
    ),
    Problem(
        code="bad_request",
        statuses=(400,),
        means="The request could not be understood as HTTP.",
        occurs="The body's length is unclear, a chunked body is broken, or the host name is not served here.",
        remedy="Send one Content-Length, or one complete chunked body, to a host name of this installation.",
        example=Example(
            request="POST /api/v1/payments",
            text="Send one length only, a whole number in the Content-Length header.",
        ),
    ),
    Problem(
        code="parse_error",
        statuses=(400,),
        means="The body cannot be read as JSON, or as a form where a form is expected.",
        occurs="The JSON is malformed or nested too deeply, or a name appears twice in one object.",
        remedy="Send valid JSON in UTF-8, with each name once.",
        example=Example(
            request="POST /api/v1/payments",
            text="The body is not valid JSON: Expecting value: line 1 column 12 (char 11)",
        ),
    ),
    Problem(
        code="events_gone",
        statuses=(410,),
        means="Events after the cursor are no longer there. They were deleted after 90 days, or by the restore of a backup.",
        occurs=(
            "A program that reads events asks with a cursor that it has not used for 90 days, or that is newer than the "
            "restored database."
        ),
        remedy=(
            "Ask for `after=now`, keep that cursor, and read the lists for the current state. Or leave out `after` to "
            "begin with the oldest event."
        ),
        example=Example(
            request="GET /api/v1/events?after=ZXZlbnR8MTI",
            text="The events after this cursor were deleted, because events are kept for 90 days.",
        ),
    ),
    Problem(
        code="method_not_allowed",
        statuses=(405,),
        means="The path exists, but it does not have this method.",
        occurs="For example, a payment is sent with PUT.",
        remedy="Use a method that the API description lists for the path.",
        example=Example(request="PUT /api/v1/payments", text='Method "PUT" not allowed.'),
    ),
    Problem(
        code="not_acceptable",
        statuses=(406,),
        means="The answer is not available in the media type that the Accept header asks for.",
        occurs="Only the API description can answer so. All other calls answer in JSON, whatever the header asks for.",
        remedy="Leave the Accept header out, or send Accept: application/json.",
        example=Example(request="GET /api/v1/schema", text="Could not satisfy the request Accept header."),
    ),
    Problem(
        code="length_required",
        statuses=(411,),
        means="The server cannot tell where the body ends.",
        occurs="The body has an unsupported transfer coding, or the server does not mark the end of a chunked body.",
        remedy="Send the body with a Content-Length header.",
        example=Example(
            request="POST /api/v1/payments",
            text="This Transfer-Encoding is not supported. Send the body with a Content-Length header.",
        ),
    ),
    Problem(
        code="too_large",
        statuses=(413,),
        means="The body is larger than the call accepts.",
        occurs="A body has more than 64 KB, or a batch of payments more than 8 MB.",
        remedy="Send less at a time, for example payments in batches of 1,000.",
        example=Example(request="POST /api/v1/payments", text="The body is larger than 64 KB. Send less at a time."),
    ),
    Problem(
        code="unsupported_media_type",
        statuses=(415,),
        means="The body has a media type that the call cannot read.",
        occurs="The Content-Type header is missing, or it is not application/json.",
        remedy="Send JSON with Content-Type: application/json. Only POST /auth/token takes a form.",
        example=Example(request="POST /api/v1/payments", text='Unsupported media type "text/plain" in request.'),
    ),
    Problem(
        code="error",
        statuses=(400,),
        means="The request was refused, and no other code describes the reason.",
        occurs="Rarely. The text gives the reason.",
        remedy="Read the text and correct the request.",
        example=Example(request="POST /api/v1/payments", text="This request is not possible."),
    ),
)

CALLER: Final = (
    Problem(
        code="not_signed_in",
        statuses=(401,),
        means="The request has no credential, or a wrong, expired or revoked one.",
        occurs=(
            "The token or key is missing or has ended, its owner no longer works in the store, or the name or password of "
            "a sign-in is wrong. A wrong credential is refused even if the request also has a right one."
        ),
        remedy="Sign in again, or ask an admin for a new key.",
        example=Example(request="GET /api/v1/variances", text="The token or key is unknown, expired or revoked."),
    ),
    Problem(
        code="wrong_password",
        statuses=(400,),
        means="The password that confirms an act of the signed-in person is wrong. The person stays signed in.",
        occurs="A shift is started or ended with a wrong password.",
        remedy="Ask the person for the password again. Several wrong passwords lead to a wait.",
        example=Example(
            request="POST /api/v1/shifts/start", text="", errors={"password": "Wrong password. Try again."}
        ),
    ),
    Problem(
        code="otp_required",
        statuses=(401,),
        means="The password is right, and the person has a second factor. The code is missing.",
        occurs="Somebody with an authenticator app signs in without `otp`.",
        remedy="Ask the person for the code that the app shows, and send the sign-in again with `otp`.",
        example=Example(
            request="POST /api/v1/auth/login", text="", errors={"otp": "Send the code of your authenticator app too."}
        ),
    ),
    Problem(
        code="otp_wrong",
        statuses=(401,),
        means="The code of the second factor is wrong, or it was used already.",
        occurs="The code was mistyped or has expired, or the same code is sent a second time.",
        remedy="Ask for the code that the app shows now. After wrong codes, each next try has to wait (429).",
        example=Example(
            request="POST /api/v1/auth/login",
            text="",
            errors={"otp": "This code is wrong, or it was used already. Enter the code that the app shows now."},
        ),
    ),
    Problem(
        code="second_factor_required",
        statuses=(403,),
        means="This installation demands a second factor of the person, and they have none yet.",
        occurs="A manager or an admin signs in by the API before they added an authenticator app.",
        remedy="The person signs in on the pages of Cashdesk once, and adds an app there.",
        example=Example(
            request="POST /api/v1/auth/login",
            text="Add a second factor first: sign in on the pages of Cashdesk.",
        ),
    ),
    Problem(
        code="password_sign_in_off",
        statuses=(403,),
        means="The password is right, but only superusers may sign in with one here. All others sign in at the provider.",
        occurs="The installation has an OpenID Connect provider and has switched passwords off.",
        remedy="Sign in on the pages of Cashdesk. Programs use an API key.",
        example=Example(
            request="POST /api/v1/auth/login", text="Sign in with id.example. Passwords are switched off here."
        ),
    ),
    Problem(
        code="permission_denied",
        statuses=(403,),
        means="The role of the person or the scopes of the key do not allow this call.",
        occurs="A cashier calls something for managers, a key lacks the scope, or the page of another site sends a cookie.",
        remedy="Use a credential with the role or the scope. GET /auth/me tells what the credential may do.",
        example=Example(request="GET /api/v1/variances", text="Your role or the scopes of your key do not allow this."),
    ),
    Problem(
        code="forbidden",
        statuses=(403,),
        means="The caller may make this call, but not for this object, person or register.",
        occurs="For example, somebody decides their own count, or a cashier names another person.",
        remedy="Let the person do it whom the text names, or use an object of your own.",
        example=Example(
            request="POST /api/v1/variances/5e60a2d9-0000-4000-8000-000000000000/approve",
            text="This is your own count. Somebody else must handle it.",
        ),
    ),
    Problem(
        code="not_found",
        statuses=(404,),
        means="The object does not exist, or it is outside the caller's scope. The answer is the same for both.",
        occurs="The path or the id is unknown, or the object belongs to another account, store or person.",
        remedy="Check the path and the id, and that the credential may see the store.",
        example=Example(request="PATCH /api/v1/payments/till-1-0001", text="There is no payment with this id."),
    ),
    Problem(
        code="too_many_requests",
        statuses=(429,),
        means="The API key has sent more requests in this minute than its limit allows.",
        occurs="Only for keys with a limit. The headers RateLimit and RateLimit-Policy of each answer tell it.",
        remedy="Wait for the seconds in the Retry-After header. Send payments in batches: a batch counts as one request.",
        example=Example(
            request="POST /api/v1/payments",
            text="This API key may send 600 requests a minute. Wait until the minute is over.",
        ),
    ),
    Problem(
        code="too_many_attempts",
        statuses=(429,),
        means="There were too many wrong passwords for one name or from one address, or too many wrong codes.",
        occurs="After 3 wrong passwords, and after each wrong code, the next try has to wait, longer each time.",
        remedy="Wait for the seconds in the Retry-After header, then try again. A try before that does not count.",
        example=Example(request="POST /api/v1/auth/login", text="Too many wrong tries. Wait a while, then try again."),
    ),
)

REPEATS: Final = (
    Problem(
        code="conflict",
        statuses=(409,),
        means="The current state does not allow the request. Nothing was changed.",
        occurs="Somebody else changed the object first, or an earlier step is missing.",
        remedy="Read the object again, then decide what to do.",
        example=Example(request="POST /api/v1/movements", text="The state does not allow this."),
    ),
    Problem(
        code="idempotency_still_running",
        statuses=(409,),
        means="The first request with this idempotency key has not finished yet.",
        occurs="A client sends a request again while the server still works on it.",
        remedy="Wait a moment, then send the same request with the same key. You get the first answer.",
        example=Example(
            request="POST /api/v1/payments",
            text="The first request with this idempotency key is still running. Try again in a moment.",
        ),
    ),
    Problem(
        code="idempotency_key_reused",
        statuses=(422,),
        means="The idempotency key was used for a different request within the last 24 hours.",
        occurs="The method, path, query, body or selected store differs from the first request with this key.",
        remedy="Give every new request a new key. Use the old key only to repeat exactly the same request.",
        example=Example(
            request="POST /api/v1/payments",
            text="The idempotency key was used for another request: give every new request a new key.",
        ),
    ),
)

SERVER: Final = (
    Problem(
        code="busy",
        statuses=(503, 409),
        means="The database is busy or cannot be reached. With 409, the register kept changing while a payment was booked.",
        occurs="The database restarts or is overloaded, or a drawer is opened and closed at the same moment.",
        remedy="Send the same request again with the same idempotency key, after the seconds in Retry-After if it is there.",
        example=Example(
            request="POST /api/v1/payments",
            text="The database is busy or cannot be reached. Send the request again with the same Idempotency-Key.",
        ),
    ),
    Problem(
        code="read_only",
        statuses=(503,),
        means="The database takes no changes right now. Reading works.",
        occurs="The installation switches to another database server.",
        remedy="Send the same request again with the same idempotency key, after the seconds in Retry-After.",
        example=Example(
            request="POST /api/v1/payments",
            text="The database takes no changes right now. Send the request again with the same Idempotency-Key.",
        ),
    ),
    Problem(
        code="internal_error",
        statuses=(500,),
        means="Something went wrong on our side. The error was logged, and nothing was saved.",
        occurs="The server has a fault.",
        remedy="Tell the operator the request id. It leads to the log lines of this request.",
        example=Example(
            request="POST /api/v1/payments", text="Something went wrong on our side. The error was logged."
        ),
    ),
)

PROBLEMS: Final = (*UNREADABLE, *CALLER, *REPEATS, *SERVER)
