"""Creates the people and shops of the tests.

Each factory uses domain functions, so that no test starts from an impossible state.
"""

from typing import Any

import factory
from factory.django import DjangoModelFactory

from cashdesk.domain.people.person import create_person
from cashdesk.domain.store.organisation import create_account, create_store
from cashdesk.enums import Role
from cashdesk.models import Account, Store, User

PASSWORD = "correct-horse-battery"


class AccountFactory(DjangoModelFactory):
    """An account with its payment methods."""

    class Meta:
        model = Account

    name = factory.Sequence(lambda number: f"Account {number}")

    @classmethod
    def _create(cls, model_class: type[Account], *args: Any, **kwargs: Any) -> Account:
        return create_account(**kwargs)


class StoreFactory(DjangoModelFactory):
    """A shop in Berlin with two registers."""

    class Meta:
        model = Store

    account = factory.SubFactory(AccountFactory)
    number = factory.Sequence(lambda number: str(10_000 + number))
    name = factory.LazyAttribute(lambda store: f"Shop {store.number}")
    currency = "EUR"
    time_zone = "Europe/Berlin"
    registers = 2

    @classmethod
    def _create(cls, model_class: type[Store], *args: Any, **kwargs: Any) -> Store:
        return create_store(**kwargs)


class UserFactory(DjangoModelFactory):
    """A cashier of a shop; the password is PASSWORD."""

    class Meta:
        model = User

    store = factory.SubFactory(StoreFactory)
    account = factory.LazyAttribute(lambda user: user.store.account)
    username = factory.Sequence(lambda number: f"person{number}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    name = factory.LazyAttribute(lambda user: user.username.capitalize())
    role = Role.CASHIER
    password = PASSWORD

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return create_person(**kwargs)
