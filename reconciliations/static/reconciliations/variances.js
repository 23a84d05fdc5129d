// Keys of the variance workbench. Each key presses a link or a button of the page, so everything works without this script.
"use strict";

{
  const usable = (selector) => [...document.querySelectorAll(selector)].find((one) => one.checkVisibility());

  /** Chooses the reason with this number, and tells the form as if a person had chosen it. */
  function chooseReason(number) {
    const reasons = document.querySelector("[data-reasons]");
    if (!reasons || number >= reasons.options.length) return;
    reasons.selectedIndex = number;
    reasons.dispatchEvent(new Event("change", { bubbles: true }));
    reasons.focus();
  }

  function showKeys() {
    const help = document.querySelector("[data-keys]");
    help.open = !help.open;
    help.querySelector("summary").focus();
  }

  /** Says why the act of a key is not possible now. Returns whether the key has an act. */
  function saysWhyNot(key) {
    const why = document.querySelector(`[data-refused-key="${key}"]`);
    const said = document.querySelector("[data-refused-said]");
    if (!why || !said) return false;
    said.textContent = why.content.textContent;
    said.scrollIntoView({ block: "nearest" });
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target.closest("input, textarea, [contenteditable]")) return;
    // A focused list of choices takes letters itself; figures mean the same there.
    const isInList = event.target.closest("select") !== null;
    const key = event.key.toLowerCase();
    if (key >= "1" && key <= "7" && key.length === 1) chooseReason(Number(key));
    else if (isInList && !event.target.matches("[data-reasons]")) return;
    else if (key === "?") showKeys();
    else if (/^[a-z]$/.test(key)) {
      const found = usable(`[data-key="${key}"]`);
      if (found) found.click();
      else if (!saysWhyNot(key)) return;
    } else return;
    event.preventDefault();
  });
}
