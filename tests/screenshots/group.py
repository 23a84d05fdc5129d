"""`python -m tests.screenshots.group NAME`: runs the walk of one group in a copy of the demonstration world.

It is a process of its own, because Django uses one database per process. `tests.screenshots` starts one for each
group.
"""

import json
import os
import sys
from pathlib import Path

import django

from tests.browser.chromium import running_chromium
from tests.storms.house import House, serving


def main(name: str, folder: Path, database: Path, language: str) -> None:
    """Photographs the group into the folder, and writes the findings to a file there."""
    django.setup()
    # Only after the setup, which the models need.
    from cashdesk.models import User
    from tests.screenshots.album import Album
    from tests.screenshots.contact import lay_out
    from tests.screenshots.pages import forgotten
    from tests.screenshots.walks import GROUPS, pages_of_all

    if language:
        User.objects.update(language=language)
    house = House(url=os.environ["DATABASE_URL"], folder=database.parent)
    with serving(house) as server, running_chromium() as browser:
        album = Album(browser, origin=f"http://127.0.0.1:{server.port}", folder=folder, group=name)
        if language:
            album.speak(language)
        GROUPS[name].walk(album)
        album.close()
        album.findings += [f"{page} is neither photographed nor excused" for page in forgotten(pages_of_all())]
        album.findings += [f"{name}: {page} was not photographed" for page in sorted(GROUPS[name].pages() - album.seen)]
        sheets = lay_out(browser, group=name, pictures=album.pictures, folder=folder)
        album.findings += [f"{name}: the server logged: {line}" for line in server.complaints()]
    told = {"sheets": sheets, "states": len(album.pictures), "findings": album.findings}
    (folder / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
