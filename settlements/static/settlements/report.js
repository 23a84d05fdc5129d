// Offers the print button, and gives a slip one page of its own length: a roll of paper has no pages.
"use strict";

const button = document.querySelector("[data-print]");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

const slip = document.querySelector("article.slip");
if (slip) {
  const sheet = [...document.styleSheets].find((one) => (one.href || "").includes("slip"));
  const millimetres = Math.ceil((slip.scrollHeight * 25.4) / 96) + 12;
  sheet.insertRule(`@page { size: 80mm ${Math.max(millimetres, 80)}mm; margin: 4mm; }`, sheet.cssRules.length);
}
