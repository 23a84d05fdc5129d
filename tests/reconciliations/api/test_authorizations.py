"""One-time authorizations (docs/contracts.md, section 3): who issues them, who may use them, and what stays on record."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.enums import Role
from cashdesk.errors import InvalidInput
from cashdesk.models import AuditEntry
from reconciliations.domain.authorization import issue_authorization
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.models import Authorization, Reconciliation
from tests.api.steps import told
from tests.factories import StoreFactory, UserFactory
from tests.reconciliations.desk import NEVER_USED, PATH, authorized, declaration, errors_of, reconciled, vendor_of
from tests.stories import Cast, caller, exact, key_caller, make_cast

ISSUE = "/cash-management/authorizations"


def acts(action: str) -> list[tuple[Any, ...]]:
    """Returns (subject, user id, store id) of the audit entries of an action, oldest first."""
    rows = AuditEntry.objects.filter(action=action).order_by("pk")
    return [(entry.subject, entry.user_id, entry.store_id) for entry in rows]


def test_a_manager_issues_one_in_person(cast: Cast) -> None:
    response = caller(cast.erika).post(
        ISSUE,
        {"storeId": str(cast.store.uuid), "purpose": "theft", "operatorUid": cast.carla.pk, "expiresInMinutes": 15},
    )
    assert response.status_code == 201
    answer, made = exact(response), Authorization.objects.get()
    assert made.expires_at - made.issued_at == timedelta(minutes=15)
    assert (answer["authorizationTokenId"], answer["storeId"]) == (str(made.uuid), str(cast.store.uuid))
    assert (answer["operatorUid"], answer["issuedBy"]) == (str(cast.carla.pk), f"user:{cast.erika.pk}")
    assert acts("authorization.issued") == [(f"authorization:{made.pk}", cast.erika.pk, cast.store.pk)]
    key = key_caller(cast.store, vendor=vendor_of(cast.store))
    body = {"storeId": str(cast.store.uuid), "purpose": "x", "expiresInMinutes": 1}
    assert key.post(ISSUE, body).status_code == 403
    assert caller(cast.carla).post(ISSUE, body).status_code == 403
    assert Authorization.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("storeId", NEVER_USED), ("storeId", None), ("purpose", ""), ("purpose", "x" * 101), ("purpose", 5),
        ("expiresInMinutes", 0), ("expiresInMinutes", 1441), ("expiresInMinutes", 1.5), ("operatorUid", "nobody"),
        ("colour", "red"),
    ],
)  # fmt: skip
def test_what_cannot_be_issued_is_named(cast: Cast, field: str, value: Any) -> None:
    body = {"storeId": str(cast.store.uuid), "purpose": "x", "expiresInMinutes": 1, field: value}
    assert list(errors_of(caller(cast.erika).post(ISSUE, body))) == [field]
    assert not Authorization.objects.exists()


def test_its_use_signs_off_and_is_on_record(cast: Cast) -> None:
    token = authorized(caller(cast.anna), cast.store)
    row = reconciled(caller(cast.erika), cast.store, 1, reason="THEFT_SUSPECTED", authorizationTokenId=token)
    assert (row["awaitingApproval"], row["authorizationTokenId"]) == (False, token)
    permission = row["details"]["authorization"]
    assert permission.pop("issuedAt").endswith("Z")
    assert permission == {"id": token, "purpose": "shortage", "issuedBy": f"user:{cast.anna.pk}"}
    made = Authorization.objects.get()
    assert acts("authorization.used") == [(f"authorization:{made.pk}", cast.erika.pk, cast.store.pk)]
    assert acts("authorization.refused") == []


def test_every_one_that_may_not_be_used_is_refused_in_the_same_words(cast: Cast) -> None:
    erika, anna = caller(cast.erika), caller(cast.anna)
    shop = StoreFactory(account=cast.store.account)
    second = UserFactory(store=cast.store, role=Role.MANAGER)
    used = authorized(anna, cast.store)
    reconciled(erika, cast.store, 1, authorizationTokenId=used)
    expired = issue_authorization(
        store=cast.store, purpose="x", expires_in=timedelta(minutes=1), by=Principal(user=cast.anna),
        at=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    of_stranger = authorized(caller(cast.otto), cast.otto.store)  # type: ignore[arg-type]
    tokens = [
        (NEVER_USED, {}),
        (used, {}),
        (str(expired.uuid), {}),
        (of_stranger, {}),
        (authorized(anna, shop), {}),
        (authorized(anna, cast.store, operatorUid=str(cast.carla.pk)), {}),
        (authorized(anna, cast.store, operatorUid=str(cast.carla.pk)), {"operatorUid": str(cast.bruno.pk)}),
        (authorized(erika, cast.store), {}),
        (authorized(caller(second), cast.store), {"operatorUid": str(second.pk)}),
    ]
    told_first = None
    for number, (token, fields) in enumerate(tokens, start=1):
        # One with a key, one without: a refusal is on record on both roads, though the request left nothing else.
        for headers in ({}, {"idempotency_key": f"k{number}"}):
            before = len(acts("authorization.refused"))
            body = declaration(cast.store, 1, authorizationTokenId=token, **fields)
            response = erika.post(PATH, body, **headers)
            assert list(errors_of(response)) == ["authorizationTokenId"]
            told_first = told_first or told(response, apart_from=[token])
            assert told(response, apart_from=[token]) == told_first
            refused = acts("authorization.refused")
            assert len(refused) == before + 1
            assert refused[-1][1:] == (cast.erika.pk, cast.store.pk)
            known = Authorization.objects.filter(uuid=token, store=cast.store).first()
            assert refused[-1][0] == (f"authorization:{known.pk}" if known else f"store:{cast.store.pk}")
    assert Reconciliation.objects.count() == 1
    assert len(acts("authorization.used")) == 1


def test_one_of_an_operator_is_used_for_that_operator(cast: Cast) -> None:
    token = authorized(caller(cast.anna), cast.store, operatorUid=str(cast.carla.pk))
    row = reconciled(caller(cast.erika), cast.store, 1, authorizationTokenId=token, operatorUid=str(cast.carla.pk))
    assert row["authorizationTokenId"] == token


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_two_uses_at_once_give_one_success() -> None:
    cast = make_cast()
    at = timezone.now()
    permission = issue_authorization(
        store=cast.store, purpose="x", expires_in=timedelta(minutes=5), by=Principal(user=cast.anna), at=at
    )
    barrier, results = Barrier(4), list[str]()

    def use() -> None:
        try:
            barrier.wait()
            declared = Declaration(store=cast.store, currency="EUR", declared=1, authorization_id=permission.uuid)
            record_reconciliation(declaration=declared, by=Principal(user=cast.erika), at=at)
            results.append("recorded")
        except InvalidInput:
            results.append("refused")
        finally:
            connection.close()

    threads = [Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["recorded", "refused", "refused", "refused"]
    assert (len(acts("authorization.used")), len(acts("authorization.refused"))) == (1, 3)
