// What the cashier's pages are better with, and work without: steppers, Enter and arrows, the running total, printing.
"use strict";

const ANNOUNCED_AFTER_MS = 700;
const PIECES_MAX = 10_000_000n;

/** Minor units as they are written in the place: 125050n is "1,250.50", or "1.250,50". */
function written(minor, { decimals, point, group }) {
  const digits = minor.toString().padStart(decimals + 1, "0");
  const units = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, group);
  return decimals === 0 ? units : `${units}${point}${digits.slice(-decimals)}`;
}

/** The whole number in a field, 0n where it is empty, null where it is none. */
function pieces(field) {
  const text = field.value.trim();
  if (text === "") return 0n;
  return /^\d{1,12}$/.test(text) ? BigInt(text) : null;
}

/** The amount in a field in minor units, null where it is none. The server reads it again, by the same rules. */
function amount(field, style) {
  const found = parts(plain(field.value), style);
  if (!found || found[1].length > style.decimals || found[0].length > 15) return null;
  return BigInt(found[0] + found[1].padEnd(style.decimals, "0"));
}

/** Units and decimals of a number that was typed, null where it is none or could be two: Style.read() says why. */
function parts(typed, { point, group }) {
  const blocks = typed.split(/[.,' ]/);
  const signs = typed.match(/[.,' ]/g) || [];
  const last = blocks.at(-1);
  if (!blocks.every((block) => /^\d+$/.test(block))) return null;
  if (signs.length === 0) return [last, ""];
  if (signs.length === 1) {
    if (signs[0] === point) return blocks;
    if (areGroups(blocks, signs) && [plain(group), " ", "'"].includes(signs[0])) return [blocks.join(""), ""];
    return last.length === 3 || " '".includes(signs[0]) ? null : blocks;
  }
  if (areGroups(blocks, signs)) return [blocks.join(""), ""];
  const end = signs.pop();
  blocks.pop();
  if (" '".includes(end) || signs.includes(end) || !areGroups(blocks, signs)) return null;
  return end !== point && signs[0] !== point && last.length === 3 ? null : [blocks.join(""), last];
}

function areGroups(blocks, signs) {
  return new Set(signs).size === 1 && /^[1-9]\d{0,2}(-\d{3})+$/.test(blocks.join("-"));
}

/** Spaces and apostrophes of all kinds as the plain ones. */
function plain(text) {
  const spaced = text.replace(/[\u00a0\u202f\u2009]/g, " ");
  return (spaced.trim() || spaced).replace(/[\u2019\u02bc\u00b4`]/g, "'");
}

function countsOn(form) {
  const bar = form.querySelector("[data-total]");
  const said = form.querySelector("[data-total-said]");
  const rows = [...form.querySelectorAll("[data-worth]")];
  const one = form.querySelector("[data-amount]");
  const { currency, point, group } = bar.dataset;
  const style = { decimals: Number(bar.dataset.decimals), point, group };
  let announcing = 0;

  function add() {
    let total = 0n;
    let isTyped = false;
    for (const row of rows) {
      const field = row.querySelector("input");
      const number = pieces(field);
      const worth = number === null ? null : number * BigInt(row.dataset.worth);
      row.querySelector("[data-row-total]").textContent = worth ? written(worth, style) : "";
      isTyped ||= field.value.trim() !== "";
      total += worth || 0n;
    }
    if (!isTyped && one.value.trim() !== "") total = amount(one, style) ?? 0n;
    return `${written(total, style)} ${currency}`;
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
