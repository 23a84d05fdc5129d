// Copies the text of the element that a button names in data-copy. draft.js can put such a page into this document later.
"use strict";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(text.textContent.trim());
    button.textContent = button.dataset.copied;
  } catch {
    // Only secure pages may write to the clipboard. The person can copy the selected text.
    getSelection().selectAllChildren(text);
  }
});
