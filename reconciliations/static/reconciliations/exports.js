// Shows how far an export is while the browser takes the file. Without it the form does the same in silence.
"use strict";

const EVERY_MS = 400;
const ENDED = { DONE: "Done", BROKEN_OFF: "Broken off", FAILED: "Failed" };
const PATIENCE = 150; // asked so often in vain, the answer was no file

const form = document.querySelector("form.ask");
const way = document.querySelector(".way");
const bar = way.querySelector("progress");
const figures = way.querySelector(".figures");
const told = document.querySelector("[data-told]");
let watched = null;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const address = new URL(form.action);
  address.search = new URLSearchParams(new FormData(form)).toString();
  const answer = await fetch(address, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer === null || !answer.ok || answer.redirected) {
    form.submit(); // to the page that says what is wrong, or asks who is there
    return;
  }
  const id = drawnId();
  address.searchParams.set("export", id);
  watched = id;
  way.hidden = false;
  bar.removeAttribute("value");
  figures.textContent = "Begun";
  say("The export has begun.");
  take(address);
  watch(id);
});

// A link and not the form: the page would wait for the answer, and a workbook is written before it is sent.
function take(address) {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

async function watch(id) {
  const address = form.dataset.progress.replace("00000000-0000-0000-0000-000000000000", id);
  let inVain = 0;
  let quarter = 0;
  while (watched === id && inVain < PATIENCE) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    const now = await asked(address);
    if (watched !== id) {
      return;
    }
    if (now === null || now.state === "UNKNOWN") {
      inVain += 1;
      continue;
    }
    inVain = 0;
    bar.max = Math.max(now.rows_total, 1);
    bar.value = now.state === "DONE" ? bar.max : now.rows_done;
    const rows = `${now.rows_done.toLocaleString("en")} of ${now.rows_total.toLocaleString("en")} rows`;
    figures.textContent = ENDED[now.state] ? `${ENDED[now.state]}: ${rows}` : rows;
    if (ENDED[now.state]) {
      say(now.state === "DONE" ? `Done: ${rows}. Your browser has the file.` : `${ENDED[now.state]} after ${rows}.`);
      return;
    }
    // Every quarter, not every row: whoever listens has other things to hear.
    const reached = Math.floor((4 * now.rows_done) / Math.max(now.rows_total, 1));
    if (reached > quarter) {
      quarter = reached;
      say(rows);
    }
  }
  if (watched === id) {
    figures.textContent = "How far it is cannot be told. What your browser shows of the download is right.";
    say(figures.textContent);
  }
}

async function asked(address) {
  try {
    const response = await fetch(address, { cache: "no-store", headers: { Accept: "application/json" } });
    return response.ok && !response.redirected ? await response.json() : null;
  } catch {
    return null; // no network for a moment: asked again
  }
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
