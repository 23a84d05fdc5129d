// Keeps a part of a page true: asks the server again while the tab is in sight, and swaps the part only if it changed.
// Focus and open <details> survive, a live region says what is new, and a note says that the connection is lost.
// Without this script a link reloads the page.
"use strict";
{
  const EVERY_MS = 15_000;
  const NEWS_MAX = 3; // a screen reader must not read a whole page aloud
  const part = document.querySelector("[data-live]");
  const news = document.getElementById("live-news");
  const lost = document.getElementById("live-lost");
  let etag = part.dataset.etag;

  // htmx begins after this script. The policy of our pages forbids eval and styles in elements.
  Object.assign(htmx.config, {
    allowEval: false,
    allowScriptTags: false,
    includeIndicatorStyles: false,
    selfRequestsOnly: true,
    historyEnabled: false,
    attributesToSettle: [],
    defaultSettleDelay: 0,
    timeout: 10_000,
    responseHandling: [
      { code: "200", swap: true },
      { code: "...", swap: false },
    ],
  });

  let isAsking = false;
  let before; // what must survive the swap

  function look() {
    if (!document.hidden && !isAsking) htmx.trigger(part, "cashdesk:look");
  }

  function newsIn(root) {
    return [...root.querySelectorAll("[data-news]")].map((one) => one.dataset.news);
  }

  /** Names a control so that it can be found again: by the row that it stands in, and by its words. */
  function nameOf(control) {
    return [control.closest("[id]")?.id, control.tagName, control.getAttribute("href"), control.textContent.trim()].join("\n");
  }

  function controls() {
    return [...part.querySelectorAll("a, button, input, summary, [tabindex]")];
  }

  function remember() {
    const focused = document.activeElement;
    const isInside = part.contains(focused) && focused !== part;
    before = {
      news: newsIn(part),
      open: [...part.querySelectorAll("details[id][open]")].map((one) => one.id),
      name: isInside ? nameOf(focused) : null,
      row: isInside ? focused.closest("[id]")?.id : null,
    };
  }

  function restore() {
    for (const id of before.open) document.getElementById(id)?.setAttribute("open", "");
    if (before.name !== null) {
      const again = controls().find((one) => nameOf(one) === before.name);
      const row = document.getElementById(before.row);
      (again ?? row?.querySelector("a, button") ?? part).focus({ preventScroll: true });
    }
    const known = new Set(before.news);
    const fresh = newsIn(part).filter((one) => !known.has(one));
    if (fresh.length) news.textContent = fresh.slice(0, NEWS_MAX).join(" ");
  }

  /** Adds the key of our forms to a press inside the part, such as "Show expected cash". */
  function sign({ detail }) {
    detail.headers["X-CSRFToken"] = document.querySelector("[name=csrfmiddlewaretoken]").value;
  }

  part.addEventListener("htmx:configRequest", (event) => {
    const { detail, target } = event;
    if (target !== part) return sign(event);
    isAsking = true;
    detail.headers["If-None-Match"] = etag;
    detail.headers["Live-Look"] = "1";
  });

  part.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (event.detail.elt !== part && event.detail.requestConfig?.elt !== part) return;
    if (xhr.status !== 200 && xhr.status !== 304) return;
    if (!xhr.getResponseHeader("Live-Part")) {
      event.detail.shouldSwap = false;
      location.reload(); // the person was signed out, or changed
      return;
    }
    lost.hidden = true;
    etag = xhr.getResponseHeader("ETag");
    remember();
  });

  part.addEventListener("htmx:afterSettle", ({ detail }) => {
    if (detail.requestConfig?.elt === part) restore();
    else detail.target.querySelector("[tabindex]")?.focus();
  });

  part.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.requestConfig?.elt === part) isAsking = false;
    if (detail.xhr.status === 0 || detail.xhr.status >= 500) lost.hidden = false;
    else if (detail.xhr.status >= 400) location.reload();
  });

  document.addEventListener("visibilitychange", look);
  window.addEventListener("online", look);
  setInterval(look, EVERY_MS);
}
