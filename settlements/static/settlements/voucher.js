// Offers the print button, and gives a slip on the roll one page of its own length: a roll of paper has no pages.
"use strict";

const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => window.print());

const roll = document.querySelector(".voucher.on-slip");
if (roll) {
  const sheet = [...document.styleSheets].find((one) => (one.href || "").includes("voucher"));
  // Three signatures are on paper only.
  const millimetres = Math.ceil((roll.scrollHeight * 25.4) / 96) + 70;
  sheet.insertRule(`@page { size: 80mm ${Math.max(millimetres, 120)}mm; margin: 4mm; }`, sheet.cssRules.length);
}
