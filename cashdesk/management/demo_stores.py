"""The stores of the demonstration data, with their people."""

from dataclasses import dataclass
from typing import Final

from cashdesk.enums import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStore:
    """A store of the demonstration data.

    `float_units` (the float) and `basket_units` (a typical sale) are whole units of the store's currency. `usual_float`
    lists "face value:pieces".
    """

    number: str
    name: str
    currency: str
    time_zone: str
    registers: int
    float_units: int
    usual_float: str
    basket_units: int
    cut_off_hour: int
    manager: tuple[str, str]
    cashiers: tuple[tuple[str, str], ...]
    language: Language = Language.ENGLISH


# The pages of the Berlin store are in English, because readers of the README sign in there first.
STORES: Final = (
    DemoStore(
        number="1337", name="Berlin Mitte", currency="EUR", time_zone="Europe/Berlin", registers=3, float_units=200,
        usual_float="20:3 10:5 5:8 2:10 1:15 0.50:16 0.20:20 0.10:20 0.05:20",
        basket_units=24, cut_off_hour=4, manager=("erika", "Erika Mustermann"),
        cashiers=(("carla", "Carla Brandt"), ("bruno", "Bruno Keller")),
    ),
    DemoStore(
        number="2001", name="Santiago Centro", currency="CLP", time_zone="America/Santiago", registers=2, float_units=50_000,
        usual_float="5000:3 2000:7 1000:12 500:10 100:35 50:8 10:10",
        basket_units=9_000, cut_off_hour=0, manager=("isabel", "Isabel Rojas"), cashiers=(("diego", "Diego Fuentes"),),
        language=Language.SPANISH,
    ),
    DemoStore(
        number="3001", name="Jakarta Selatan", currency="IDR", time_zone="Asia/Jakarta", registers=2, float_units=500_000,
        usual_float="50000:3 20000:7 10000:10 5000:12 2000:15 1000:16 500:8",
        basket_units=75_000, cut_off_hour=0, manager=("dewi", "Dewi Lestari"), cashiers=(("budi", "Budi Santoso"),),
        language=Language.INDONESIAN,
    ),
    DemoStore(
        number="4001", name="São Paulo Pinheiros", currency="BRL", time_zone="America/Sao_Paulo", registers=2,
        float_units=300, usual_float="50:1 20:4 10:7 5:10 2:10 1:15 0.50:20 0.25:12 0.10:15 0.05:10",
        basket_units=60, cut_off_hour=3, manager=("renata", "Renata Alves"),
        cashiers=(("joao", "João Pereira"),), language=Language.PORTUGUESE,
    ),
    DemoStore(
        number="5001", name="Portland Pearl", currency="USD", time_zone="America/Los_Angeles", registers=2, float_units=150,
        usual_float="20:2 10:4 5:8 1:20 0.25:24 0.10:25 0.05:20 0.01:50",
        basket_units=32, cut_off_hour=0, manager=("grace", "Grace Miller"), cashiers=(("sam", "Sam Carter"),),
    ),
)  # fmt: skip
