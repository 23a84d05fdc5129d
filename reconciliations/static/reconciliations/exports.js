// Shows how far an export is while the browser takes the file. Without it the form does the same in silence.
"use strict";

const EVERY_MS = 400;
const ARCHIVE_EVERY_MS = 1_000;
const PATIENCE = 150; // asked so often in vain, the answer was no file

const form = document.querySelector("form.ask");
const way = document.querySelector(".way");
const bar = way.querySelector("progress");
const figures = way.querySelector(".numbers");
const words = way.dataset; // in the language of the page
const ENDED = { DONE: words.done, BROKEN_OFF: words.brokenOff, FAILED: words.failed };
const told = document.querySelector("[data-told]");
let watched = null;

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  const isAll = button !== null && button.hasAttribute("data-all");
  // The other buttons fill in dates: the form sends itself there.
  if (button?.hasAttribute("formaction") && !isAll) return;
  event.preventDefault();
  const address = new URL(isAll ? button.formAction : form.action);
  address.search = new URLSearchParams(new FormData(form)).toString();
  const answer = await fetch(address, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer === null || !answer.ok || answer.redirected) {
    location.assign(address); // the page that says what is wrong, or asks who is there
    return;
  }
  forgetFaults();
  const id = drawnId();
  address.searchParams.set("export", id);
  watched = id;
  way.hidden = false;
  bar.removeAttribute("value");
  figures.textContent = words.begun;
  say(words.hasBegun);
  take(address);
  watch(id, isAll ? form.dataset.progressAll : form.dataset.progress);
});

// What was wrong with the export before is not wrong with this one.
function forgetFaults() {
  for (const fault of document.querySelectorAll(".faults, .fault")) fault.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

// A link and not the form: the page would wait for the answer, and a workbook is written before it is sent.
function take(address) {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

async function watch(id, progress) {
  const every = progress === form.dataset.progressAll ? ARCHIVE_EVERY_MS : EVERY_MS;
  const address = progress.replace("00000000-0000-0000-0000-000000000000", id);
  let inVain = 0;
  let quarter = 0;
  while (watched === id && inVain < PATIENCE) {
    await new Promise((resolve) => setTimeout(resolve, every));
    const now = await asked(address);
    if (watched !== id) {
      return;
    }
    if (now === null || now.state === "UNKNOWN") {
      inVain += 1;
      continue;
    }
    inVain = 0;
    const whole = Math.max(now.stores_total ?? now.rows_total, 1);
    bar.max = whole;
    // The store that is being written counts as a part of one.
    bar.value = now.state === "DONE" ? whole : (now.stores_parts === undefined ? now.rows_done : now.stores_parts / 1000);
    const rows = inWords(now);
    figures.textContent = ENDED[now.state] ? `${ENDED[now.state]}: ${rows}` : rows;
    if (ENDED[now.state]) {
      say(now.state === "DONE" ? `${words.done}: ${rows}${rows === words.none ? "" : "."} ${words.file}` : `${ENDED[now.state]}: ${rows}.`);
      await showLatest();
      return;
    }
    // Every quarter, not every row: whoever listens has other things to hear.
    const reached = Math.floor((4 * bar.value) / whole);
    if (reached > quarter) {
      quarter = reached;
      say(rows);
    }
  }
  if (watched === id) {
    figures.textContent = words.unknown;
    say(figures.textContent);
  }
}

// An archive knows the rows of a store only when it begins with it, so it counts in stores.
function inWords(now) {
  const rows = grouped(now.rows_done);
  if (now.state === "DONE" && now.stores_total === undefined && now.rows_total === 0) return words.none;
  if (now.stores_total === undefined) return words.rows.replace("{done}", rows).replace("{total}", grouped(now.rows_total));
  return words.stores
    .replace("{stores}", grouped(now.stores_done))
    .replace("{of}", grouped(now.stores_total))
    .replace("{rows}", rows);
}

// The list below was written before the export began.
async function showLatest() {
  const answer = await fetch(form.dataset.page, { cache: "no-store" }).catch(() => null);
  if (answer === null || !answer.ok || answer.redirected) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.querySelector("[data-latest]").replaceWith(page.querySelector("[data-latest]"));
}

async function asked(address) {
  try {
    const response = await fetch(address, { cache: "no-store", headers: { Accept: "application/json" } });
    return response.ok && !response.redirected ? await response.json() : null;
  } catch {
    return null; // no network for a moment: asked again
  }
}

function grouped(number) {
  return number.toLocaleString(document.documentElement.lang);
}

function say(text) {
  told.textContent = text;
}

function drawnId() {
  if (crypto.randomUUID) {
    return crypto.randomUUID();
  }
  // A shop's own network may speak plain HTTP, where browsers keep that function back.
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
