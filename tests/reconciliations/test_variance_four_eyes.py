"""Four eyes: in a store that asks for it, the person who explained a variance does not approve it, at any door."""

import pytest

from cashdesk.enums import Role
from cashdesk.errors import Forbidden
from cashdesk.models import User, Variance
from reconciliations.domain.variance_permission import acts_open_to, why_not
from reconciliations.enums import Act
from tests.admin.back_office import page_of, sits_down
from tests.cashdesk.desk import refusal_of
from tests.factories import UserFactory
from tests.reconciliations.floor import at_noon
from tests.reconciliations.queue import approve, explain, only, reject, short_drawer
from tests.screens.desk import Browser
from tests.settlements.desk import Shop
from tests.stories import Cast, caller


@pytest.fixture
def shop(cast: Cast) -> Shop:
    """A shop without any tolerance, in which somebody else approves."""
    cast.store.four_eyes = True
    cast.store.save(update_fields=["four_eyes"])
    return at_noon(cast)


@pytest.fixture
def zoe(cast: Cast) -> User:
    """The other manager of the store."""
    found: User = UserFactory(username="zoe", name="Zoe", store=cast.store, role=Role.MANAGER)
    return found


def test_a_store_asks_for_no_four_eyes_unless_it_says_so(cast: Cast) -> None:
    shop = at_noon(cast)
    assert not cast.store.four_eyes
    assert approve(shop, explain(shop, short_drawer(shop))).state == "APPROVED"


def test_who_explained_a_variance_may_reject_but_not_approve_it(cast: Cast, shop: Shop, zoe: User) -> None:
    short = explain(shop, short_drawer(shop))
    for user, may in ((cast.erika, False), (zoe, True), (cast.anna, True)):
        assert (Act.APPROVE in acts_open_to(short, by=shop.by(user))) == may, user
    assert "somebody else must approve it" in why_not(short, act=Act.APPROVE, by=shop.by(cast.erika))
    with pytest.raises(Forbidden, match="somebody else must approve it"):
        approve(shop, short)
    reject(shop, short)
    explain(shop, short, by=zoe)
    with pytest.raises(Forbidden):
        approve(shop, short, by=zoe)
    assert approve(shop, short).state == "APPROVED", "the last explanation counts"


def test_every_door_refuses_it(cast: Cast, shop: Shop, zoe: User) -> None:
    short = explain(shop, short_drawer(shop))
    answer = caller(cast.erika).post(f"/variances/{short.uuid}/approve", {})
    assert answer.status_code == 403
    assert "somebody else must approve it" in answer.json()["detail"]
    assert "approve" not in caller(cast.erika).get(f"/variances/{short.uuid}").json()["allowed"]
    office = sits_down(cast.erika)
    assert "Approve variance" not in [one["label"] for one in office.get(page_of(short)).context["acts"]]
    office.post(page_of(short, "approve"), {})
    erika = Browser(cast.erika)
    erika.get("/variances")
    assert "Waiting for others" in erika.text
    erika.get(f"/variances/{short.uuid}")
    assert "In this store somebody else must approve it." in erika.text
    assert 'value="APPROVE"' not in erika.page.content.decode()
    erika.send(f"/variances/{short.uuid}", {"act": "APPROVE"})
    assert erika.page.status_code == 403
    assert Variance.objects.get().state == "EXPLAINED"
    other = Browser(zoe)
    other.fill(f"/variances/{short.uuid}", {"act": "APPROVE"})
    assert Variance.objects.get().state == "APPROVED"


def test_the_database_refuses_it_too(cast: Cast, shop: Shop, zoe: User) -> None:
    short = explain(shop, short_drawer(shop))
    insert = (
        "INSERT INTO reconciliations_varianceevent (uuid, variance_id, act, at, by_label, from_state, to_state, reason, notes) "
        "SELECT '00000000000000000000000000000001', id, 'APPROVE', raised_at, 'user:1', 'EXPLAINED', 'APPROVED', '', '' "
        "FROM cashdesk_variance"
    )
    for user, refused in ((cast.erika, True), (zoe, False)):
        Variance.objects.filter(pk=short.pk).update(decided_by=user, decided_at=shop.at)
        told = refusal_of(insert)
        assert ("who explained a variance does not approve it" in told) == refused, told
    assert only().state == "EXPLAINED"
