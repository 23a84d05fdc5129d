"""X and Z reports, on the screen and on paper."""

from typing import Final

from django.utils import timezone

from cashdesk.enums import PlaceKind
from cashdesk.models import CashSession, Seal, User
from reconciliations.models import StoreDayReport
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, PORTLAND, open_drawer, sell, store

PAGES: Final = frozenset(
    {
        "all-stores",
        "drawers",
        "report-stores",
        "report-places",
        "x-report",
        "z-reports",
        "z-report",
        "reports",
        "store-day",
        "over-short",
        "operator-month",
        "report-mail",
        "trail",
        "day-trail",
    }
)


def walk(album: Album) -> None:
    """Lets Anna choose a store. Erika and Grace read the reports of their stores."""
    berlin, portland = store(BERLIN), store(PORTLAND)
    with album.story("stores"):
        album.enter("admin")
        album.visit("all-stores")
        album.take()
        album.visit("report-stores")
        album.take()
    with album.story("running"):
        album.enter("carla")
        number = open_drawer(album, "200").register.number
        sell(album, BERLIN, number, 12_50, 23_90)
        sell(album, BERLIN, number, 99_00, method="CARD")
        album.enter("erika")
        album.visit("drawers")
        album.take()
        album.visit("report-places", berlin.uuid)
        album.take()
        album.visit("x-report", berlin.uuid, number)
        album.take(prints=True, paper=A4)
        album.visit("x-report", berlin.uuid, number, query="?paper=slip")
        album.take("80 mm", prints=True)
        album.visit("x-report", berlin.uuid, number, query="?as_of=2999-01-01T00:00", status=400)
        album.take("wrong time")
        album.visit("x-report", berlin.uuid, number, query=f"?as_of={timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}")
        album.take("as it stood", prints=True, paper=A4)
        album.visit("x-report", berlin.uuid, 3, status=404)
        album.take("nothing runs")
    with album.story("closed"):
        album.visit("z-reports", berlin.uuid, 1)
        album.take("full", prints=True, paper=A4)
        album.visit("z-reports", berlin.uuid, 3)
        album.take("empty")
        seal = Seal.objects.filter(place__store=berlin, place__number=1).latest("number")
        album.visit("z-report", berlin.uuid, 1, seal.number)
        album.take(prints=True, paper=A4)
        album.visit("z-report", berlin.uuid, 1, seal.number, query="?paper=slip")
        album.take("80 mm", prints=True)
    with album.story("days"):
        album.visit("reports")
        album.take()
        report = StoreDayReport.objects.filter(store=berlin).latest("number")
        album.visit("store-day", berlin.uuid, report.number)
        album.take(prints=True, paper=A4)
        album.visit("day-trail", berlin.uuid, report.number)
        album.take(prints=True, paper=A4)
        session = CashSession.objects.filter(store=berlin, seal__isnull=False).latest("pk")
        album.visit("trail", "session", session.uuid)
        album.take()
    with album.story("ranges"):
        album.visit("over-short", query="?preset=last-month")
        album.take(prints=True, paper=A4)
        album.visit("report-mail")
        album.take()
        album.visit("operator-month")
        album.take("nobody chosen")
        carla = User.objects.get(username="carla")
        album.visit("operator-month", query=f"?preset=last-month&person={carla.uuid}")
        album.take(prints=True, paper=A4)
    with album.story("settled"):
        album.enter("grace")
        for station, kind in ((1, PlaceKind.REGISTER), (0, PlaceKind.VAULT)):
            seal = Seal.objects.filter(place__store=portland, place__kind=kind, place__number=station).latest("number")
            album.visit("z-report", portland.uuid, station, seal.number)
            album.take("settled, two currencies", prints=True, paper=A4)
        album.visit("x-report", portland.uuid, 0)
        album.take("the vault", prints=True, paper=A4)
