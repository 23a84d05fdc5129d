// What the cashier's pages are better with, and work without: a button that says it is busy, and printing.
"use strict";

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
