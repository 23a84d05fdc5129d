"""The pages of patterns: of a store, a register, the people and oneself, and the setting that shows people."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from cashdesk.domain.caller.principal import Principal
from cashdesk.domain.counting.count import CountedAmount
from cashdesk.domain.session.closing import close_session
from cashdesk.domain.session.opening import open_session
from cashdesk.models import CashSession, User
from reconciliations.domain.pattern_setting import setting_of
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, sell, store

PAGES: Final = frozenset(
    {"patterns", "patterns-register", "patterns-people", "patterns-person", "patterns-own", "settings-patterns"}
)


def walk(album: Album) -> None:
    """Anna switches people on, and Erika and Carla look."""
    berlin = store(BERLIN)
    with album.story("patterns"):
        album.enter("erika")
        album.visit("patterns")
        album.take("four weeks", prints=True, paper=A4)
        album.visit("patterns-register", berlin.uuid, 1)
        album.take("a register")
        album.visit("patterns-people", berlin.uuid)
        album.take("switched off")
        setting = setting_of(berlin.account)
        setting.shows_people, setting.agreed = True, "Everybody, 2 November 2026"
        setting.save()
        album.visit("patterns-people", berlin.uuid)
        album.take("too few people")
        _close_a_drawer_of(album, "erika")
        album.visit("patterns-people", berlin.uuid)
        album.take("people")
        album.visit("patterns-person", berlin.uuid, User.objects.get(username="bruno").uuid)
        album.take("a person")
        album.enter("bruno")
        album.visit("patterns-own")
        album.take("oneself")
        album.enter("admin")
        album.visit("settings-patterns")
        album.take("the setting")


def _close_a_drawer_of(album: Album, name: str) -> CashSession:
    """Lets a person sell once and close, so that three people have closed here."""
    user, now = User.objects.get(username=name), timezone.now()
    by, float_amount = Principal(user=user), CountedAmount(currency="EUR", amount=50_00)
    session = open_session(user=user, counted=float_amount, by=by, at=now - timedelta(hours=1))
    sell(album, BERLIN, session.register.number, 12_50)
    return close_session(session=session, counted=CountedAmount(currency="EUR", amount=62_50), by=by, at=now)
