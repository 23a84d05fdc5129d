// What the cashier's pages are better with, and work without: steppers, Enter and arrows, the running total, printing.
"use strict";

const ANNOUNCED_AFTER_MS = 700;
const PIECES_MAX = 10_000_000n;

/** Minor units in plain notation: 1250n with 2 decimals is "12.50". */
function written(minor, decimals) {
  const digits = minor.toString().padStart(decimals + 1, "0");
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** The whole number in a field, 0n where it is empty, null where it is none. */
function pieces(field) {
  const text = field.value.trim();
  if (text === "") return 0n;
  return /^\d{1,12}$/.test(text) ? BigInt(text) : null;
}

/** The amount in a field in minor units, null where it is none. The server reads it again. */
function amount(field, decimals) {
  const found = /^(\d{1,15})(?:\.(\d+))?$/.exec(field.value.trim());
  if (!found || (found[2] || "").length > decimals) return null;
  return BigInt(found[1] + (found[2] || "").padEnd(decimals, "0"));
}

function countsOn(form) {
  const bar = form.querySelector("[data-total]");
  const said = form.querySelector("[data-total-said]");
  const rows = [...form.querySelectorAll("[data-worth]")];
  const one = form.querySelector("[data-amount]");
  const { currency } = bar.dataset;
  const decimals = Number(bar.dataset.decimals);
  let announcing = 0;

  function add() {
    let total = 0n;
    let isTyped = false;
    for (const row of rows) {
      const field = row.querySelector("input");
      const number = pieces(field);
      const worth = number === null ? null : number * BigInt(row.dataset.worth);
      row.querySelector("[data-row-total]").textContent = worth ? written(worth, decimals) : "";
      isTyped ||= field.value.trim() !== "";
      total += worth || 0n;
    }
    if (!isTyped && one.value.trim() !== "") total = amount(one, decimals) ?? 0n;
    return `${written(total, decimals)} ${currency}`;
  }

  function show() {
    const text = add();
    form.querySelector("[data-total-figure]").textContent = text;
    clearTimeout(announcing);
    announcing = setTimeout(() => {
      said.textContent = `${said.dataset.words}: ${text}`;
    }, ANNOUNCED_AFTER_MS);
  }

  const fields = [...rows.map((row) => row.querySelector("input")), one];

  function go(from, by) {
    const next = fields[fields.indexOf(from) + by];
    if (!next) return false;
    next.focus();
    next.select();
    return true;
  }

  form.addEventListener("input", show);
  form.addEventListener("keydown", (event) => {
    if (!fields.includes(event.target) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const by = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    // Enter in the last field sends the form, as it would without this script.
    if (go(event.target, by) || event.key !== "Enter") event.preventDefault();
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const field = button.parentElement.querySelector("input");
    const number = (pieces(field) ?? 0n) + BigInt(button.dataset.step);
    if (number < 0n || number > PIECES_MAX) return;
    field.value = number.toString();
    show();
  });

  for (const button of form.querySelectorAll("[data-step]")) button.hidden = false;
  bar.hidden = false;
  form.querySelector("[data-total-figure]").textContent = add();
}

for (const form of document.querySelectorAll("[data-count]")) countsOn(form);

// While it is being sent the button says so. A second click does no harm: the server does each form once.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  event.target.setAttribute("aria-busy", "true");
  if (button && button.dataset.busy) {
    button.dataset.idle = button.textContent;
    button.textContent = button.dataset.busy;
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    for (const button of form.querySelectorAll("[data-idle]")) button.textContent = button.dataset.idle;
  }
});

// A roll of paper has no pages: the slip gets one of its own length.
const slip = document.querySelector("article.slip");
if (slip) {
  const sheet = [...document.styleSheets].find((one) => (one.href || "").includes("result"));
  const longest = Math.ceil((slip.scrollHeight * 25.4) / 96) + 30;
  sheet.insertRule(`@page { size: 80mm ${Math.max(longest, 80)}mm; margin: 4mm; }`, sheet.cssRules.length);
  const print = document.querySelector("[data-print]");
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
