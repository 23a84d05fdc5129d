"""The pages of patterns: of a store, a register, the people and oneself, and the setting that shows people."""

from typing import Final

from cashdesk.models import User
from reconciliations.domain.pattern_setting import setting_of
from tests.screenshots.album import A4, Album
from tests.screenshots.walks.world import BERLIN, store

PAGES: Final = frozenset(
    {"patterns", "patterns-register", "patterns-people", "patterns-person", "patterns-own", "settings-patterns"}
)


def walk(album: Album) -> None:
    """Erika looks, Bruno reads who looked at him, and Anna has the setting. Without it no person is shown."""
    berlin = store(BERLIN)
    with album.story("patterns"):
        album.enter("erika")
        album.visit("patterns")
        album.take("four weeks", prints=True, paper=A4)
        album.visit("patterns-register", berlin.uuid, 1)
        album.take("a register")
        album.visit("patterns-people", berlin.uuid)
        album.take("people")
        album.visit("patterns-person", berlin.uuid, User.objects.get(username="bruno").uuid)
        album.take("a person", prints=True)
        album.enter("bruno")
        album.visit("patterns-own")
        album.take("oneself")
        album.enter("admin")
        album.visit("settings-patterns")
        album.take("the setting")
        setting = setting_of(berlin.account)
        setting.shows_people = False
        setting.save()
        album.enter("erika")
        album.visit("patterns-people", berlin.uuid)
        album.take("switched off")
