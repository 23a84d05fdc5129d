"""Every instant that an API reads or writes as text carries its UTC offset."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import django_filters
import pytest
from rest_framework import serializers

import cashdesk
import reconciliations
import settlements
from cashdesk.models import Payment
from cashdesk.web.fields import InstantField, StrictSerializer
from tests.api.steps import named_fields, opened, payment
from tests.stories import Cast, caller, exact

APPS = (cashdesk, settlements, reconciliations)


def is_ours(kind: type) -> bool:
    """Tells whether the source of the apps declares a class."""
    return kind.__module__.split(".")[0] in {app.__name__ for app in APPS}


def subclasses_of(base: type) -> Iterator[type]:
    """Yields every subclass that the source of the apps declares."""
    for app in APPS:
        for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if ".migrations." not in module.name:
                import_module(module.name)
    waiting = [base]
    while waiting:
        found = waiting.pop().__subclasses__()
        waiting += found
        # What inline_serializer() makes says that it is of drf-spectacular; its own classes have a module of that name.
        yield from (
            kind for kind in found if not hasattr(import_module(kind.__module__), kind.__name__) or is_ours(kind)
        )


def instants_within(field: Any) -> Iterator[Any]:
    """Yields the fields for instants of a serializer, or of a field, and of all within it."""
    if isinstance(field, serializers.DateTimeField):
        yield field
    for inner in getattr(field, "fields", {}).values() if isinstance(field, serializers.Serializer) else ():
        yield from instants_within(inner)
    if getattr(field, "child", None) is not None:
        yield from instants_within(field.child)


def test_every_serializer_has_our_field_for_its_instants() -> None:
    found: dict[str, list[Any]] = {}
    for kind in subclasses_of(serializers.Serializer):
        if kind.__module__ == "cashdesk.web.fields":
            continue
        found[f"{kind.__module__}.{kind.__qualname__}"] = list(instants_within(kind()))
    others = {
        name: field.field_name
        for name, fields in found.items()
        for field in fields
        if not isinstance(field, InstantField)
    }
    assert not others
    assert sum(len(fields) for fields in found.values()) > 30


def test_no_filter_reads_an_instant_in_a_way_of_its_own() -> None:
    readers = (
        django_filters.DateTimeFilter,
        django_filters.IsoDateTimeFilter,
        django_filters.DateTimeFromToRangeFilter,
    )
    filters = [
        (kind.__name__, name, found)
        for kind in subclasses_of(django_filters.FilterSet)
        for name, found in kind.base_filters.items()  # type: ignore[attr-defined]
    ]
    assert len(filters) > 20
    assert not [(kind, name) for kind, name, found in filters if isinstance(found, readers)]


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T08:00:00", "2026-03-01 08:00", "2026-03-01", "20260301T080000", "2026-03-01T08:00:00.5",
        "2026-03-01T08:00:00 01:00", "08:00:00Z", "",
    ],
)  # fmt: skip
def test_an_instant_without_an_offset_is_refused_and_moves_nothing(cast: Cast, text: str) -> None:
    carla = caller(cast.carla)
    opened(carla)
    refused = carla.post("/payments", payment(paid_at=text))
    assert refused.status_code == 400
    assert exact(refused)["errors"][0]["pointer"] == "/paid_at"
    if text:
        assert "UTC offset" in named_fields(refused)
    batch = exact(carla.post("/payments/batch", [payment("T-1", paid_at=text), payment("T-2")]))["results"]
    assert [result["status_code"] for result in batch] == [400, 201]
    assert Payment.objects.get().external_id == "T-2"


@pytest.mark.parametrize("text", ["2026-01-05T12:00:00+02:00", "2026-01-05T10:00:00Z", "2026-01-05T02:00:00.000-08:00"])
def test_an_instant_with_an_offset_is_kept_in_utc(cast: Cast, text: str) -> None:
    carla = caller(cast.carla)
    opened(carla)
    assert exact(carla.post("/payments", payment(paid_at=text)))["paid_at"] == "2026-01-05T10:00:00Z"


@pytest.mark.parametrize("name", ["from", "to"])
def test_a_filter_refuses_an_instant_without_an_offset(cast: Cast, name: str) -> None:
    carla = caller(cast.carla)
    refused = carla.get(f"/cash/sessions?{name}=2026-03-01T08:00:00")
    assert refused.status_code == 400
    assert name in named_fields(refused)
    assert carla.get(f"/cash/sessions?{name}=2026-03-01T08:00:00Z").status_code == 200


def test_a_field_of_a_request_names_what_would_be_right() -> None:
    class Asked(StrictSerializer):
        at = InstantField()

    asked = Asked(data={"at": "2026-03-01T08:00:00"})
    assert not asked.is_valid()
    assert asked.errors["at"] == ["Enter an instant with its UTC offset, such as 2026-03-01T08:00:00Z."]
