"""Short helpers for tests of the variance queue. `Shop` (tests/settlements/desk.py) creates the causes and has the
clock.
"""

from datetime import date
from typing import Any, Final

from django.apps import apps

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.enums import Reason, VarianceKind
from cashdesk.models import Store, User, Variance
from reconciliations.domain.reconciliation import Declaration, record_reconciliation
from reconciliations.domain.variance_acts import (
    approve_variance,
    escalate_variance,
    explain_variance,
    recount_variance,
    reject_variance,
    witness_variance,
)
from reconciliations.models import Reconciliation
from settlements.domain.deposit import credit_deposit, prepare_deposit
from settlements.models import Deposit
from tests.settlements.desk import EUR, Shop

THE_DAY: Final = date(2026, 3, 10)
"""The business day of `desk.NOON` in Berlin."""


def limits(store: Store, *, tolerance: int = 0, share: int = 0, second: int | None = None) -> None:
    """Sets a store's tolerances: minor units, hundredths of a percent, and the second limit in minor units."""
    store.tolerance_minor, store.tolerance_basis_points, store.escalation_minor = tolerance, share, second
    store.save(update_fields=["tolerance_minor", "tolerance_basis_points", "escalation_minor"])


def raised(**fields: Any) -> list[Variance]:
    """Returns the variances in the order of their creation. Keyword arguments filter them."""
    return list(Variance.objects.filter(**fields).order_by("pk"))


def only(**fields: Any) -> Variance:
    """Returns the only variance that matches the keyword arguments."""
    (found,) = raised(**fields)
    return found


def of_kind(kind: VarianceKind) -> Variance:
    """Returns the only variance of a kind."""
    return only(kind=kind)


def short_drawer(shop: Shop, *, by: int = 1_00, cashier: User | None = None) -> Variance:
    """Lets Carla open a drawer with 200.00 and close it short by this much. Returns the variance."""
    session = shop.sign_on(cashier or shop.cast.carla, 200_00)
    shop.sign_off(session, 200_00 - by)
    return only(kind=VarianceKind.SESSION, session=session)


def pack(shop: Shop, amount: int, *, by: User | None = None) -> Deposit:
    """Packs a bag for the bank."""
    return prepare_deposit(
        store=shop.cast.store,
        amount=amount,
        currency="EUR",
        bag_number=f"B-{shop.at:%H%M}",
        by=shop.by(by),
        at=shop.tick(),
    )


def credit(shop: Shop, deposit: Deposit, amount: int, *, by: User | None = None) -> Deposit:
    """Records the amount that the bank credited."""
    return credit_deposit(deposit=deposit, amount=amount, by=shop.by(by), at=shop.tick())


def declare(shop: Shop, declared: int, *, by: Principal | None = None, **fields: Any) -> Reconciliation:
    """Reconciles the store's day. The fields change the declaration."""
    declaration = Declaration(**{"store": shop.cast.store, "currency": "EUR", "declared": declared, **fields})
    return record_reconciliation(declaration=declaration, by=by or shop.by(), at=shop.tick())


def explain(shop: Shop, variance: Variance, *, by: User | None = None, notes: str = "") -> Variance:
    """Explains a variance as a miscount."""
    return explain_variance(
        variance=variance, reason=Reason.COUNTING_ERROR, notes=notes, by=shop.by(by), at=shop.tick()
    )


def witness(shop: Shop, variance: Variance, *, by: User | None = None) -> Variance:
    """Witnesses a variance."""
    return witness_variance(variance=variance, by=shop.by(by), at=shop.tick())


def recount(
    shop: Shop, variance: Variance, amount: int, *, by: User | None = None, pair: tuple[str, str] = EUR
) -> Variance:
    """Recounts the cash of a variance."""
    counted = CountedAmount(currency=pair[0], method=pair[1], amount=amount)
    return recount_variance(variance=variance, counted=counted, by=shop.by(by), at=shop.tick())


def approve(shop: Shop, variance: Variance, *, by: User | None = None) -> Variance:
    """Approves a variance."""
    return approve_variance(variance=variance, by=shop.by(by), at=shop.tick())


def reject(shop: Shop, variance: Variance, *, by: User | None = None) -> Variance:
    """Rejects the explanation of a variance."""
    return reject_variance(variance=variance, notes="Which customer?", by=shop.by(by), at=shop.tick())


def escalate(shop: Shop, variance: Variance, *, by: User | None = None) -> Variance:
    """Escalates a variance."""
    return escalate_variance(variance=variance, notes="Too much for me.", by=shop.by(by), at=shop.tick())


def signed_off(shop: Shop, variance: Variance, *, by: User | None = None) -> Variance:
    """Explains and approves a variance."""
    explain(shop, variance, by=by)
    return approve(shop, variance, by=by)


def every_row() -> dict[str, list[Any]]:
    """Returns every row of every table that a request can write, without the last use of tokens."""
    models = [
        model
        for app in ("cashdesk", "settlements", "reconciliations")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in models
        if not model._meta.proxy and model._meta.label != "cashdesk.AccessToken"
    }
