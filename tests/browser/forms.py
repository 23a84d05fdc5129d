"""Checks a page at each screen size: its visible words, its bars, and that no bar covers the focused element."""

import re
from typing import Any, Final

from django.urls import resolve

from tests.browser.screen import Screen

SIZES: Final = ((1366, 768), (1024, 768), (390, 844), (320, 640))
BAR_SHARE_MAX: Final = 0.25
"""The largest part of the window that a sticky bar or column may take."""
ASKING_BAR_SHARE_MAX: Final = 0.5
"""The largest part for a bar that asks something, such as to sign in again."""
RAW: Final = re.compile(r"<|\{\{|\{%|%\(\w+\)|\{\w*\}")
"""Markup, template tags, and placeholders of a message without a value."""

# Each element gets the focus, from the first on and back again, as Tab and Shift+Tab give it; the browser scrolls by itself.
LOOK: Final = """(shareMax) => {
  const visible = (one) => one.checkVisibility({ visibilityProperty: true });
  const name = (one) => `${one.tagName} ${one.id || one.name || one.textContent.trim().slice(0, 40)}`;
  const sticks = (one) => ["sticky", "fixed"].includes(getComputedStyle(one).position);
  const bars = [...document.querySelectorAll("body *")].filter((one) => visible(one) && sticks(one));
  const typed = [...document.querySelectorAll("input, select")].filter(visible).map((one) => one.value);
  const faults = [...document.querySelectorAll(".unscripted")].filter(visible).map((one) => `is for no script: ${name(one)}`);
  for (const bar of bars) {
    const { width, height } = bar.getBoundingClientRect();
    const share = width / innerWidth * height / innerHeight;
    if (share > shareMax) faults.push(`bar takes ${Math.round(share * 100)} % of the window: ${name(bar)}`);
  }
  // The link that skips the bars appears over them: the middle of what they share must show the link.
  const liesAbove = (one, here, there) => {
    if (!one.matches(".skip")) return false;
    const x = (Math.max(here.left, there.left) + Math.min(here.right, there.right)) / 2;
    const y = (Math.max(here.top, there.top) + Math.min(here.bottom, there.bottom)) / 2;
    return document.elementFromPoint(x, y) === one;
  };
  const focusable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
  const fields = [...document.querySelectorAll(focusable)].filter((one) => visible(one) && !one.disabled && one.tabIndex >= 0);
  for (const one of bars.length ? [...fields, ...fields.toReversed()] : []) {
    one.focus();
    if (document.activeElement !== one) faults.push(`takes no focus: ${name(one)}`);
    const here = one.getBoundingClientRect();
    for (const bar of bars.filter((found) => !found.contains(one))) {
      const there = bar.getBoundingClientRect();
      const isBeside = here.right <= there.left + 1 || there.right <= here.left + 1;
      const isClear = here.bottom <= there.top + 1 || there.bottom <= here.top + 1;
      if (!isBeside && !isClear && !liesAbove(one, here, there)) faults.push(`${name(bar)} covers ${name(one)}`);
    }
  }
  const wide = document.documentElement.clientWidth;
  for (const one of document.documentElement.scrollWidth > wide ? [...document.querySelectorAll("main *")] : []) {
    if (visible(one) && one.getBoundingClientRect().right > wide) faults.push(`stands out to the right: ${name(one)}`);
  }
  return { text: document.body.innerText + "\\n" + document.title + "\\n" + typed.join("\\n"), faults };
}"""


class Walk:
    """Checks pages at every size, and remembers the URL names of the pages that it has seen."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.seen: set[str] = set()

    def visit(self, path: str) -> None:
        """Opens a page and checks it."""
        self.screen.visit(path)
        self.look()

    def look(self, *, bar_share_max: float = BAR_SHARE_MAX) -> None:
        """Asserts that the open page shows no raw text, and that no bar covers the focused element."""
        page = self.screen.page
        path = page.url.removeprefix(self.screen.origin).partition("?")[0].partition("#")[0]
        self.seen.add(resolve(path).url_name or path)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            found: dict[str, Any] = page.evaluate(LOOK, bar_share_max)
            raw = RAW.search(found["text"])
            around = found["text"][max(0, raw.start() - 40) : raw.end() + 80] if raw else ""
            assert not raw, f"{page.url} at {width}x{height} shows {around!r}"
            assert not found["faults"], f"{page.url} at {width}x{height}: {found['faults']}"

    def press(self, button: str = "main form .button.first", *, status: int = 200) -> None:
        """Presses the main button, without a check of the next page."""
        self.screen.expected_status = status
        self.screen.page.locator(button).last.click()
