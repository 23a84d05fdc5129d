// Warns the person when the clock of this device is far off the server's clock: on the first page of a tab that has this script,
// and again after half a day. Without the script nothing goes wrong, because every booking has the time of the server.
"use strict";
{
  // Pages and slips tell minutes, and an answer can take up to half a minute. Two minutes are past both, and far less than the
  // difference that makes people doubt a receipt or a log.
  const OFF_BY_MS = 120_000;
  const AGAIN_AFTER_MS = 12 * 3_600_000;
  const ASKED = "clock-asked";
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

  /** Whether this tab asked lately. A clock that was set back asks again. */
  function hasAsked() {
    try {
      const age = Date.now() - Number(sessionStorage.getItem(ASKED));
      if (age >= 0 && age < AGAIN_AFTER_MS) return true;
      sessionStorage.setItem(ASKED, Date.now());
    } catch {
      // Without session storage, each page asks.
    }
    return false;
  }

  async function compare() {
    const ms = await aheadBy();
    if (Math.abs(ms) >= OFF_BY_MS) say(ms);
  }

  if (!html.dataset.keptAt && !hasAsked()) compare();
}
