// Makes counting easier: steppers, Enter and arrow keys, plus and minus, and the running total. Counting works without it.
"use strict";

const ANNOUNCED_AFTER_MS = 700;
const REPEATED_AFTER_MS = 450;
const REPEATED_EVERY_MS = 90;
const PIECES_MAX = 10_000_000n;
const LONG = [10, 14, 20];

/** Formats minor units in the style that the server gives: 125050n is "1,250.50" or "1.250,50". */
function written(minor, { decimals, hidesZeros, point, group, lakhs }) {
  const digits = minor.toString().padStart(decimals + 1, "0");
  const units = digits.slice(0, digits.length - decimals).replace(lakhs ? /\B(?=(\d{2})*\d{3}$)/g : /\B(?=(\d{3})+$)/g, group);
  const rest = digits.slice(digits.length - decimals);
  return decimals === 0 || (hidesZeros && /^0+$/.test(rest)) ? units : `${units}${point}${rest}`;
}

/** Returns the whole number in a field: 0n if the field is empty, null if its text is not a whole number. */
function pieces(field) {
  const text = field.value.trim();
  if (text === "") return 0n;
  return /^\d{1,12}$/.test(text) ? BigInt(text) : null;
}

/** Returns the amount in a field in minor units, or null if it is invalid. The server parses it again by the same rules. */
function amount(field, style) {
  const found = parts(bare(plain(field.value), style), style);
  if (!found || found[1].length > style.decimals || found[0].length > 15) return null;
  return BigInt(found[0] + found[1].padEnd(style.decimals, "0"));
}

/** Drops the code or the symbol of the currency beside a typed number. The server decides which are allowed where. */
function bare(typed, { currency, pattern }) {
  // The longer one first: a symbol may begin with the code, such as "MOP$".
  for (const mark of [currency, plain(pattern.replace("#", ""))].sort((one, other) => other.length - one.length)) {
    if (typed.slice(-mark.length).toUpperCase() === mark.toUpperCase()) return typed.slice(0, -mark.length).trim();
    if (typed.slice(0, mark.length).toUpperCase() === mark.toUpperCase()) return typed.slice(mark.length).trim();
  }
  return typed;
}

/** Splits a typed number into units and decimals, or returns null if it is invalid or ambiguous, as Style.read() does. */
function parts(typed, { point, group, lakhs }) {
  const blocks = typed.split(/[.,' ]/);
  const signs = typed.match(/[.,' ]/g) || [];
  const last = blocks.at(-1);
  if (!blocks.every((block) => /^\d+$/.test(block))) return null;
  if (signs.length === 0) return [last, ""];
  if (signs.length === 1) {
    if (signs[0] === point) return blocks;
    if (areGroups(blocks, signs, lakhs) && [plain(group), " ", "'"].includes(signs[0])) return [blocks.join(""), ""];
    return last.length === 3 || " '".includes(signs[0]) ? null : blocks;
  }
  if (areGroups(blocks, signs, lakhs)) return [blocks.join(""), ""];
  const end = signs.pop();
  blocks.pop();
  if (" '".includes(end) || signs.includes(end) || !areGroups(blocks, signs, lakhs)) return null;
  return end !== point && signs[0] !== point && last.length === 3 ? null : [blocks.join(""), last];
}

function areGroups(blocks, signs, lakhs) {
  const grouped = blocks.join("-");
  const isKnown = /^[1-9]\d{0,2}(-\d{3})+$/.test(grouped) || (lakhs && /^[1-9]\d?(-\d{2})*-\d{3}$/.test(grouped));
  return new Set(signs).size === 1 && isKnown;
}

/** Replaces all kinds of spaces and apostrophes with the plain ones. */
function plain(text) {
  const spaced = text.replace(/[\u00a0\u202f\u2009]/g, " ");
  return (spaced.trim() || spaced).replace(/[\u2019\u02bc\u00b4`]/g, "'");
}

const isSaid = (field) => field.value.trim() !== "";

/** Writes a text into a place, inside the element of an amount if the server has made one. */
function put(place, text) {
  const amount = place.querySelector("bdi") ?? place;
  if (amount.textContent !== text) amount.textContent = text;
}

/** Sets a field as if a person had typed into it, so that the input event reaches every listener of the form. */
function type(field, text) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function countsOn(sheet) {
  const form = sheet.closest("form");
  const id = CSS.escape(sheet.dataset.sheet);
  const bar = form.querySelector(`[data-total="${id}"] [data-total-figure]`);
  const said = form.querySelector(`[data-total-said="${id}"]`);
  const lines = form.querySelector(`[data-total="${id}"] [data-lines]`);
  const one = sheet.querySelector("[data-amount]");
  const { currency, pattern, point, group } = sheet.dataset;
  const has = (name) => name in sheet.dataset;
  const decimals = Number(sheet.dataset.decimals);
  const style = { currency, pattern, decimals, point, group, lakhs: has("lakhs"), hidesZeros: has("hidesZeros") };
  const rows = [...sheet.querySelectorAll("[data-worth]")].map((row) => ({
    worth: BigInt(row.dataset.worth),
    usual: row.dataset.usual,
    total: row.querySelector("[data-row-total]"),
    subtotal: row.closest("fieldset").querySelector("[data-subtotal]"),
    fields: [...row.querySelectorAll("[data-size]")],
  }));
  let announcing = 0;

  /** Returns the amount that a field adds to its row in minor units, or null if its text is invalid. */
  function worthOf(field, worth) {
    const size = BigInt(field.dataset.size);
    if (size > 0n) return pieces(field) === null ? null : pieces(field) * size * worth;
    const found = isSaid(field) ? amount(field, style) : 0n;
    return found !== null && found % worth === 0n ? found : null;
  }

  function add() {
    let total = 0n;
    let linesSaid = 0;
    let linesCounted = 0;
    const subtotals = new Map();
    for (const { worth, total: place, subtotal, fields } of rows) {
      const worths = fields.map((field) => worthOf(field, worth));
      const row = worths.reduce((sum, found) => sum + (found ?? 0n), 0n);
      const isRowSaid = fields.some(isSaid);
      // A row with a typed 0 shows 0. A row without input shows nothing.
      put(place, isRowSaid ? written(row, style) : "");
      linesSaid += Number(isRowSaid);
      linesCounted += Number(isRowSaid && !worths.includes(null) && row <= PIECES_MAX * worth);
      total += row;
      subtotals.set(subtotal, (subtotals.get(subtotal) ?? 0n) + row);
    }
    for (const [place, sum] of subtotals) put(place, written(sum, style));
    const isOneAmount = linesSaid === 0 && isSaid(one);
    if (lines) put(lines, isOneAmount ? "" : lines.dataset.words.replace("#", linesCounted));
    if (isOneAmount) total = amount(one, style) ?? 0n;
    return pattern.replace("#", () => written(total, style));
  }

  /** Unfolds the amount field if it has input, so that nobody overlooks it. */
  function unfold() {
    if (isSaid(one)) one.closest("details")?.setAttribute("open", "");
  }

  function show() {
    unfold();
    const text = add();
    tell(text);
    clearTimeout(announcing);
    announcing = setTimeout(() => {
      if (said) said.textContent = `${said.dataset.words}: ${text}`;
    }, ANNOUNCED_AFTER_MS);
  }

  /** Shows the total. The longer it is, the smaller are its figures, so that it stays inside its card. */
  function tell(text) {
    if (!bar) return;
    put(bar, text);
    bar.dataset.long = LONG.filter((length) => text.length > length).length;
  }

  function go(field) {
    if (!field) return false;
    field.focus();
    field.select?.();
    return true;
  }

  /**
   * Returns the next visible field of the same kind above (by = -1) or below (1). After the last row: the amount field. If it is
   * folded away, the first field after the sheet, or the main button.
   */
  function beside(field, by) {
    const at = rows.findIndex((row) => row.fields.includes(field));
    const kind = Math.min(Number(field.dataset.size), 2);
    const isAlike = (other) => Math.min(Number(other.dataset.size), 2) === kind && other.checkVisibility();
    if (field === one) return by < 0 ? rows.at(-1)?.fields[0] : undefined;
    for (let next = at + by; next >= 0 && next < rows.length; next += by) {
      const found = rows[next].fields.find(isAlike);
      if (found) return found;
    }
    if (by < 0) return undefined;
    // With several parts, parts.js goes on to the next one.
    if (one.checkVisibility()) return one;
    return form.querySelector("[data-parts]") ? undefined : (form.querySelector("[data-then] input") ?? mainButton(form));
  }

  /** Returns the field to the left or right in the same row, if the caret is at that end of this field. */
  function across(field, by) {
    const end = by < 0 ? 0 : field.value.length;
    const isAtEnd = field.selectionStart === end && field.selectionEnd === end;
    const isWhole = field.selectionStart === 0 && field.selectionEnd === field.value.length;
    if (!isAtEnd && !isWhole) return undefined;
    const shown = rows.find((row) => row.fields.includes(field))?.fields.filter((other) => other.checkVisibility()) ?? [];
    return shown[shown.indexOf(field) + by];
  }

  function step(field, by) {
    const number = (pieces(field) ?? 0n) + by;
    if (number >= 0n && number <= PIECES_MAX) type(field, number.toString());
  }

  function pressed(event) {
    const field = event.target;
    if (field !== one && !field.matches("[data-size]")) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const vertically = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    const sideways = event.shiftKey ? undefined : { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const stepping = { "+": 1n, "-": -1n }[event.key];
    if (vertically) {
      // Enter in the last field sends the form, as it does without this script.
      if (go(beside(field, vertically)) || event.key !== "Enter") event.preventDefault();
    } else if (sideways) {
      if (go(across(field, sideways))) event.preventDefault();
    } else if (stepping && Number(field.dataset.size) > 0) {
      step(field, stepping);
      event.preventDefault();
    }
  }

  function takeUsual() {
    if (one.dataset.usual) {
      if (!isSaid(one) && !rows.some(({ fields }) => fields.some(isSaid))) type(one, one.dataset.usual);
      one.closest("details")?.setAttribute("open", "");
      go(one);
      return;
    }
    for (const { usual, fields } of rows) {
      if (usual !== undefined && !fields.some(isSaid)) type(fields[0], usual);
    }
    go(rows[0].fields[0]);
  }

  const stepped = (button) => step(button.closest("[data-worth]").querySelector("[data-size='1']"), BigInt(button.dataset.step));

  sheet.addEventListener("input", show);
  // draft.js sends the event to the form itself when it restores input.
  form.addEventListener("input", ({ target }) => {
    if (target === form) show();
  });
  sheet.addEventListener("keydown", pressed);
  sheet.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    if (button.dataset.held) delete button.dataset.held;
    else stepped(button);
  });
  repeats(sheet, stepped);
  selects(sheet);
  form.querySelector(`[data-take="${id}"]`)?.addEventListener("click", (event) => {
    event.preventDefault();
    takeUsual();
  });
  unfold();
  tell(add());
}

/** Returns the button that leads on from a count or its review. */
const mainButton = (within) => within.querySelector(".side .button.first");

// Ctrl and Enter press the button that leads on, from wherever the focus is.
document.addEventListener("keydown", (event) => {
  const button = mainButton(document);
  if (!button || event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
  event.preventDefault();
  button.click();
});

/** Repeats the step while a stepper is held down. The click at its end does not count as another step. */
function repeats(sheet, stepped) {
  let timer = 0;
  const stop = () => clearTimeout(timer);
  sheet.addEventListener("pointerdown", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button || event.button !== 0) return;
    delete button.dataset.held;
    const again = () => {
      button.dataset.held = "true";
      stepped(button);
      timer = setTimeout(again, REPEATED_EVERY_MS);
    };
    timer = setTimeout(again, REPEATED_AFTER_MS);
    button.addEventListener("pointerleave", stop, { once: true });
  });
  for (const end of ["pointerup", "pointercancel", "contextmenu"]) document.addEventListener(end, stop);
}

/** Selects the text of a field at the first click into it, as the Tab key does. A second click sets the caret. */
function selects(sheet) {
  let from = null;
  sheet.addEventListener("pointerdown", () => {
    from = document.activeElement;
  });
  sheet.addEventListener("click", ({ target }) => {
    if (target.matches("input[inputmode]") && target !== from && target.selectionStart === target.selectionEnd) {
      target.select();
    }
  });
}

const countOn = () => document.querySelectorAll("[data-count] [data-sheet]").forEach(countsOn);
countOn();
document.addEventListener("cashdesk:shown", countOn); // draft.js has replaced the content of this page
