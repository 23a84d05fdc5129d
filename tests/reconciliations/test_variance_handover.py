"""The recount of a drawer that was handed over: its cash stays there until the next cashier counts it in."""

import pytest
from django.core.management import call_command

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.session.closing import close_session
from cashdesk.enums import CORRECTION, PlaceKind, VarianceKind
from cashdesk.models import Movement
from tests.cashdesk.desk import counted
from tests.reconciliations.queue import limits, of_kind, recount, signed_off
from tests.settlements.desk import Shop
from tests.stories import Cast


@pytest.mark.parametrize("is_counted_in", [False, True], ids=["waiting", "counted in"])
def test_a_recount_corrects_the_drawer_until_it_is_counted_in(cast: Cast, is_counted_in: bool) -> None:
    limits(cast.store)
    shop = Shop(cast)
    session = shop.sign_on(cast.carla, 200_00)
    by = Principal(user=cast.carla)
    close_session(session=session, counted=counted(195_00), by=by, at=shop.tick(), hands_over=True)
    variance = of_kind(VarianceKind.SESSION)
    recount(shop, variance, 200_00, by=cast.anna)
    if is_counted_in:
        assert shop.sign_on(cast.bruno, 200_00).opening_difference == 5_00
    signed_off(shop, variance)
    corrected = Movement.objects.filter(reason=CORRECTION).values_list("destination__kind", "amount")
    assert list(corrected) == ([] if is_counted_in else [(PlaceKind.REGISTER, 5_00)])
    if not is_counted_in:
        assert shop.sign_on(cast.bruno, 200_00).opening_difference == 0
    assert cast.book(PlaceKind.REGISTER, 1) == 200_00
    assert (cast.book(PlaceKind.VAULT), cast.book(PlaceKind.OVER_SHORT)) == (-200_00, 0)
    call_command("verify")
