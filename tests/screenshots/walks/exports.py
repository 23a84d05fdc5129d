"""The page on which managers export tables."""

from typing import Final

from playwright.sync_api import expect

from tests.screenshots.album import Album

PAGES: Final = frozenset({"exports", "export-file"})


def walk(album: Album) -> None:
    """Lets Erika export a table. Anna sees the exports of every store."""
    with album.story("exporting"):
        album.enter("erika")
        album.visit("exports")
        album.take("empty")
        album.fill(**{"from": "2026-03-02", "to": "2026-03-01"})
        album.send("main form button[type=submit]", status=400)
        album.take("refused")
        album.visit("exports")
        with album.page.expect_download():
            album.page.locator("main form button[type=submit]").first.click()
        expect(album.page.locator("[data-told]")).to_contain_text(
            album.page.locator(".way").get_attribute("data-file") or ""
        )
        album.take("done")
        album.visit("exports")
        album.take("full")
    with album.story("account"):
        album.enter("admin")
        album.visit("exports")
        album.take("every store")
