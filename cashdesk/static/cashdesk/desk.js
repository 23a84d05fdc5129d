// Shows a busy button while a form is sent, and prepares the printing of slips. The pages work without it.
"use strict";

// Shows the busy text on the button while the form is sent. A second click is harmless: the server books each form once.
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

// A paper roll has no page size, so the slip gets a page of its own length.
const slip = document.querySelector("article.slip");
if (slip) {
  const sheet = [...document.styleSheets].find((one) => (one.href || "").includes("result"));
  const longest = Math.ceil((slip.scrollHeight * 25.4) / 96) + 30;
  sheet.insertRule(`@page { size: 80mm ${Math.max(longest, 80)}mm; margin: 4mm; }`, sheet.cssRules.length);
}

for (const print of document.querySelectorAll("[data-print]")) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
