// Registers the service worker, tells it when kept pages must go, and says on a kept page how old it is.
// Without this script, and on addresses without HTTPS, pages need a connection.
"use strict";
{
  const html = document.documentElement;

  async function forgetPages() {
    const registration = await navigator.serviceWorker?.getRegistration();
    registration?.active?.postMessage("forget");
  }

  // The person was signed out, or the form belongs to somebody else.
  document.addEventListener("cashdesk:out", forgetPages);
  // A form that led to another page was booked: the pages before it are not true any more, and their keys are used. An
  // answer without an owner is the sign-in page.
  document.addEventListener("cashdesk:answered", ({ detail: answer }) => {
    if (answer.redirected || !answer.headers.has("Page-Owner")) forgetPages();
  });

  /** Shows when the server wrote this page. Once the server answers again, offers the page of now. */
  function sayThatKept() {
    const at = new Date(Number(html.dataset.keptAt));
    const note = document.getElementById("kept-note").content.firstElementChild.cloneNode(true);
    const time = note.querySelector("time");
    time.dateTime = at.toISOString();
    const two = (number) => String(number).padStart(2, "0");
    time.textContent = `${two(at.getHours())}${time.dataset.sign}${two(at.getMinutes())}`;
    document.querySelector("main").prepend(note);
    window.addEventListener("online", async () => {
      const answer = await fetch("/livez", { cache: "no-store" }).catch(() => null);
      if (!answer?.ok) return;
      note.querySelector("[data-offline]").hidden = true;
      note.querySelector("[data-back]").hidden = false;
    });
  }

  if (html.dataset.keptAt) sayThatKept();
  navigator.serviceWorker?.register("/service-worker.js").catch(() => {
    // The browser allows no worker here, such as in a private window.
  });
}
