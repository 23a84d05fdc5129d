// Shows the parts of a count as tabs. Arrow keys move between the tabs, and each tab shows the amount that was counted so
// far. Without this script, all parts are visible one below another, with a link to each. count.js calculates the totals.
"use strict";

function tabsOf(parts) {
  const list = parts.querySelector("[data-tabs]");
  const bar = parts.closest("form").querySelector("[data-so-far-bar]");
  const tabs = list ? [...list.querySelectorAll("a")] : [];
  const panels = [...parts.querySelectorAll("[data-count]")];
  let chosen = 0;
  const fieldsOf = (panel) => [...panel.querySelectorAll("[data-size], [data-amount]")];

  function choose(number) {
    chosen = number;
    tabs.forEach((tab, at) => {
      const isChosen = at === number;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      panels[at].hidden = !isChosen;
    });
    told();
  }

  /** Chooses the part that contains an element. Returns whether a part contains it. */
  function chooseAround(target) {
    const number = panels.findIndex((panel) => target && panel.contains(target));
    if (number >= 0) choose(number);
    return number >= 0;
  }

  /** Shows the counted amount on each tab and in the bar of the chosen part. A part without input shows no amount, not 0. */
  function told() {
    panels.forEach((panel, at) => {
      const isSaid = fieldsOf(panel).some((field) => field.value.trim() !== "");
      const figure = panel.querySelector("[data-total-figure]");
      const shown = () => (isSaid && figure.textContent ? figure.querySelector("bdi").cloneNode(true) : bar.dataset.nothing);
      if (tabs[at]) tabs[at].querySelector("[data-so-far]").replaceChildren(shown());
      if (at !== chosen) return;
      bar.querySelector("[data-so-far-name]").textContent = panel.querySelector("h2").textContent;
      bar.querySelector("[data-so-far-figure]").replaceChildren(shown());
      bar.querySelector("[data-so-far-figure]").dataset.long = isSaid ? figure.dataset.long : 1;
    });
  }

  if (list) list.setAttribute("role", "tablist");
  tabs.forEach((tab, at) => {
    tab.parentElement.setAttribute("role", "presentation");
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panels[at].id);
    panels[at].setAttribute("role", "tabpanel");
    panels[at].setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", (event) => {
      event.preventDefault();
      choose(at);
    });
    tab.addEventListener("keydown", (event) => {
      const last = tabs.length - 1;
      const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
      if (event.key === " ") event.preventDefault();
      if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      choose(to);
      tabs[to].focus();
    });
  });

  // Enter in the last field of a part moves to the next part, and in the last part to the button that leads on. From the one
  // amount it sends the form, as without this script.
  parts.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing) return;
    const at = panels.findIndex((panel) => panel.contains(event.target));
    if (at < 0 || event.target.tagName !== "INPUT") return;
    const isLast = at === panels.length - 1;
    if (isLast && event.target.matches("[data-amount]")) return;
    event.preventDefault();
    if (isLast) {
      parts.closest("form").querySelector(".side .button.first").focus();
      return;
    }
    choose(at + 1);
    fieldsOf(panels[at + 1]).find((field) => field.checkVisibility()).focus();
  });
  for (const happening of ["input", "change", "click"]) parts.closest("form").addEventListener(happening, told);

  // A link to a field with an error first chooses the part of that field.
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]:not([role="tab"])');
    if (link) chooseAround(document.getElementById(link.getAttribute("href").slice(1)));
  });

  parts.dataset.ready = "";
  const marked = parts.querySelector("[data-newest], [aria-invalid]");
  const wanted = marked || document.getElementById(location.hash.slice(1));
  if (!chooseAround(wanted)) choose(0);
  // At "pageshow" count.js has calculated the totals, and the browser has restored the typed input.
  window.addEventListener("pageshow", told);
}

const tabAll = () => document.querySelectorAll("[data-parts]:not([data-ready])").forEach(tabsOf);
document.addEventListener("cashdesk:shown", tabAll); // draft.js has replaced the content of this page
tabAll();
