// A keypad for touch screens without a keyboard. A switch shows it, and the device remembers the choice. The keys act on the
// field that has the focus, as a keyboard does. While the keypad is shown, the keyboard of the device stays away.
"use strict";
{
  const KEPT = "keypad";

  function isOn() {
    try {
      return localStorage.getItem(KEPT) === "on";
    } catch {
      return false; // without storage, the keypad starts hidden
    }
  }

  function keep(on) {
    try {
      localStorage.setItem(KEPT, on ? "on" : "off");
    } catch {
      // Without storage, the choice holds for this page.
    }
  }

  function keypadOn(keypad) {
    const form = keypad.closest("form");
    const keys = keypad.querySelector("[data-keys]");
    const button = keypad.querySelector("[data-keypad-switch]");
    const isTyped = (one) => one instanceof HTMLInputElement && one.matches("[inputmode]");
    let last = null;
    keypad.dataset.ready = "";

    function show(on) {
      keys.hidden = !on;
      button.setAttribute("aria-pressed", String(on));
      for (const field of form.querySelectorAll("input[inputmode]")) {
        field.dataset.mode ??= field.inputMode;
        field.inputMode = on ? "none" : field.dataset.mode;
      }
    }

    function put(field, text) {
      const from = field.selectionStart ?? field.value.length;
      const to = field.selectionEnd ?? from;
      const start = text === "" && from === to ? Math.max(from - 1, 0) : from;
      field.setRangeText(text, start, to, "end");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }

    function press(key) {
      const shown = [...form.querySelectorAll("input[inputmode]")].filter((field) => field.checkVisibility());
      const field = [document.activeElement, last, shown[0]].find((one) => shown.includes(one));
      if (!field) return;
      if (document.activeElement !== field) field.focus();
      if (key === "Backspace") put(field, "");
      else if (/^\d$/.test(key)) put(field, key);
      else if (key.length === 1) {
        if (field.dataset.mode === "decimal" && !field.value.includes(key)) put(field, key);
      } else field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }

    form.addEventListener("focusin", ({ target }) => {
      if (isTyped(target)) last = target;
    });
    button.addEventListener("click", () => {
      keep(keys.hidden);
      show(keys.hidden);
    });
    // The field keeps the focus while a key is pressed.
    keys.addEventListener("pointerdown", (event) => event.preventDefault());
    keys.addEventListener("mousedown", (event) => event.preventDefault());
    keys.addEventListener("click", ({ target }) => {
      const key = target.closest("[data-key]")?.dataset.key;
      if (key) press(key);
    });
    // On a device without a touch screen the styles hide the keypad, so its keyboard must not be kept away.
    show(isOn() && matchMedia("(any-pointer: coarse)").matches);
  }

  const keypadAll = () => document.querySelectorAll("[data-keypad]:not([data-ready])").forEach(keypadOn);
  document.addEventListener("cashdesk:shown", keypadAll); // draft.js has replaced the content of this page
  keypadAll();
}
