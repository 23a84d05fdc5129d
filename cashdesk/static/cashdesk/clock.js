// Tells the person when the clock of this device is far off the server's. Once a tab, because nobody can correct it between
// two forms. Without this script nothing is told: every booking has the time of the server anyway.
"use strict";
{
  // Pages and slips tell minutes, and a slow page takes up to half a minute. Two minutes are past both, and far less than the
  // difference that makes people doubt a receipt or a log.
  const OFF_BY_MS = 120_000;
  const SAID = "clock-said";
  const MINUTE = 60_000;
  const UNITS = [
    ["day", 1440 * MINUTE],
    ["hour", 60 * MINUTE],
    ["minute", MINUTE],
  ];
  const html = document.documentElement;

  /** Returns by how many milliseconds the device is ahead of the server, or NaN. */
  async function aheadBy() {
    const answer = await fetch("/livez", { method: "HEAD", cache: "no-store" }).catch(() => null);
    return Date.now() - Date.parse(answer?.headers.get("Date"));
  }

  /** Writes a duration in the language of the page, as "17 minutes". Two of a unit are the least that is said in it. */
  function written(ms) {
    const [unit, length] = UNITS.find(([, one]) => ms >= 2 * one) ?? UNITS.at(-1);
    return new Intl.NumberFormat(html.lang, { style: "unit", unit, unitDisplay: "long" }).format(Math.round(ms / length));
  }

  function say(ms) {
    const note = document.getElementById("clock-note").content.firstElementChild.cloneNode(true);
    note.querySelector("[data-fast]").hidden = ms < 0;
    note.querySelector("[data-slow]").hidden = ms > 0;
    for (const place of note.querySelectorAll("[data-duration]")) place.textContent = written(Math.abs(ms));
    document.querySelector("main").prepend(note);
  }

  async function compare() {
    if (Math.abs(Date.now() - Number(html.dataset.now) * 1000) < OFF_BY_MS) return;
    // The page may have come late, or from the browser's memory. So the server is asked for its time of now.
    const ms = await aheadBy();
    if (!(Math.abs(ms) >= OFF_BY_MS)) return;
    try {
      if (sessionStorage.getItem(SAID)) return;
      sessionStorage.setItem(SAID, "yes");
    } catch {
      // Without session storage it is said on each page.
    }
    say(ms);
  }

  if (html.dataset.now && !html.dataset.keptAt) compare();
}
