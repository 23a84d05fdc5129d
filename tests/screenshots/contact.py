"""Contact sheets: a local page with small numbered pictures, photographed by the browser."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.screenshots.album import SIZES, Picture

STATES_A_SHEET: Final = 12
CELLS_A_ROW: Final = 2
SCALE: Final = 0.5
HEIGHT_MAX: Final = 620
"""How much of a long page a small picture shows, in pixels of the sheet."""
PATH_LENGTH_MAX: Final = 90
GAP: Final = 8
STYLE: Final = f"""
  body {{ margin: 24px; background: #d8d8d4; color: #111; font: 20px/1.3 sans-serif; width: max-content }}
  h1 {{ margin: 0 0 16px; font-size: 30px }}
  main {{ display: grid; grid-template-columns: repeat({CELLS_A_ROW}, max-content); gap: 28px 36px }}
  figure {{ margin: 0; padding: {GAP}px; background: #fff; border-radius: 6px; width: min-content }}
  .pictures {{ display: flex; gap: {GAP}px; align-items: flex-start }}
  img {{ display: block; object-fit: cover; object-position: top; outline: 1px solid #999; max-height: {HEIGHT_MAX}px }}
  figcaption {{ margin-top: {GAP}px; overflow-wrap: anywhere }}
  b {{ display: inline-block; min-width: 44px; font-size: 26px }}
  small {{ color: #555 }}
"""
SIZES_SHOWN: Final = ", ".join(f"{name} {view['width']}x{view['height']}" for name, view in SIZES.items())


def lay_out(browser: Browser, *, group: str, pictures: Sequence[Picture], folder: Path) -> list[str]:
    """Writes the contact sheets of a group into the folder, and returns their file names."""
    parts = [pictures[first : first + STATES_A_SHEET] for first in range(0, len(pictures), STATES_A_SHEET)]
    page = browser.new_page(viewport={"width": 2400, "height": 1200})
    files = []
    for number, part in enumerate(parts, start=1):
        name = f"{group}-{number}" if len(parts) > 1 else group
        sheet = folder / f"{name}.html"
        sheet.write_text(_sheet(f"{group} ({number} of {len(parts)})", part), encoding="utf-8")
        page.goto(sheet.as_uri())
        width = int(page.evaluate("document.body.offsetWidth")) + 48
        page.set_viewport_size({"width": width, "height": 200})
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        files.append(f"{name}.png")
    page.close()
    return files


def _sheet(title: str, pictures: Sequence[Picture]) -> str:
    cells = "\n".join(_cell(picture) for picture in pictures)
    head = f'<!DOCTYPE html><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f"{head}<h1>{escape(title)} <small>{SIZES_SHOWN}</small></h1><main>{cells}</main>"


def _cell(picture: Picture) -> str:
    shown = "".join(
        f'<a href="{escape(file)}"><img src="{escape(file)}" alt="{escape(kind)}" width="{_width(kind)}"></a>'
        for kind, file in picture.files.items()
    )
    words = " · ".join(filter(None, (picture.who, picture.state, ", ".join(picture.files))))
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "…", picture.path)[:PATH_LENGTH_MAX]
    caption = f"<b>{picture.number}</b> {escape(path)}<br><small>{escape(words)}</small>"
    return f'<figure><div class="pictures">{shown}</div><figcaption>{caption}</figcaption></figure>'


def _width(kind: str) -> int:
    view = SIZES.get(kind.partition(" ")[0], SIZES["phone"])
    return round(view["width"] * SCALE)
