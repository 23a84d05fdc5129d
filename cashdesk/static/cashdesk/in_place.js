// Shows the answer to a form in the place of the page, without a new page load. draft.js sends the form.
"use strict";

const STYLED_WITHIN_MS = 3_000;
let isShownInPlace = false;

/** Adds the style sheets of a page that this page does not have. Resolves when they are loaded, or after a while without them. */
function styledAs(page) {
  // The order of style sheets decides which rule applies. New names after a deployment follow the sheets that they replace.
  const loading = [];
  let next = null;
  for (const sheet of [...page.querySelectorAll("link[rel=stylesheet]")].reverse()) {
    const there = document.querySelector(`link[href="${sheet.getAttribute("href")}"]`);
    if (!there) {
      loading.push(new Promise((resolve) => (sheet.onload = sheet.onerror = resolve)));
      document.head.insertBefore(document.adoptNode(sheet), next);
    }
    next = there ?? sheet;
  }
  return Promise.race([Promise.all(loading), new Promise((resolve) => setTimeout(resolve, STYLED_WITHIN_MS))]);
}

/** Returns the page in an answer, or null if it is not one of our pages. */
function pageIn(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  return page.querySelector("main#main") && page;
}

/** Replaces the content of this page with another one. `isOk` tells that the server took the form. */
async function showInPlace(page, { isOk, hash }) {
  await styledAs(page);
  const first = page.getElementById(hash.slice(1)) || page.querySelector("main [autofocus]") || page.querySelector("main h1");
  for (const one of page.querySelectorAll("[autofocus]")) one.removeAttribute("autofocus"); // the browser would warn of two
  document.body.className = page.body.className;
  for (const bar of document.querySelectorAll("body > :is(header, nav)")) bar.remove();
  document.querySelector("main").replaceWith(...page.querySelectorAll("body > :is(header, nav, main)"));
  document.title = page.title;
  if (isOk) {
    // The Back button leads from a review to the form, as it does without this script.
    history.pushState({ isShownInPlace: true }, "");
    isShownInPlace = true;
    window.scrollTo(0, 0);
  }
  document.dispatchEvent(new CustomEvent("cashdesk:shown"));
  if (first && !first.matches("input, button, a, [tabindex]")) first.tabIndex = -1;
  first?.focus();
}

window.addEventListener("popstate", (event) => {
  if (isShownInPlace && !event.state?.isShownInPlace && !location.hash) location.reload();
});
