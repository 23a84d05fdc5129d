"""What a browser test leaves in the database: nothing, and the laws hold for the next test."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError
from django.test import TransactionTestCase

from cashdesk.models import Movement
from tests.cashdesk.desk import open_drawer
from tests.stories import Cast, make_cast

pytestmark = pytest.mark.browser


def test_nothing_is_left_but_what_migrate_wrote_and_the_laws_hold(cast: Cast) -> None:
    open_drawer(cast.carla, 100_00)
    written = ContentType.objects.count(), Permission.objects.count()
    assert all(written)
    TransactionTestCase._fixture_teardown(TransactionTestCase())
    models = [model for model in apps.get_models(include_auto_created=True) if model not in (ContentType, Permission)]
    assert [model for model in models if model._base_manager.exists()] == []
    assert (ContentType.objects.count(), Permission.objects.count()) == written
    open_drawer(make_cast().carla, 100_00)
    with pytest.raises(DatabaseError):
        Movement.objects.update(amount=1)
    assert Movement.objects.exclude(amount=1).exists()
