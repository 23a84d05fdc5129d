// Registers the service worker, tells it when kept pages must go, and signs out when there is a connection.
// Without the worker, pages need a connection.
"use strict";
{
  const ASKED_AGAIN_MS = 5_000;
  const worker = navigator.serviceWorker; // only on secure addresses

  async function forgetPages() {
    (await worker?.getRegistration())?.active?.postMessage("forget");
  }

  document.addEventListener("cashdesk:out", forgetPages); // the person was signed out, or the form is somebody else's
  // After a booking the pages before it are not true any more. An answer without an owner is the sign-in page.
  document.addEventListener("cashdesk:answered", ({ detail: answer }) => {
    if (answer.redirected || !answer.headers.has("Page-Owner")) forgetPages();
  });

  /** Sends the form when the server can be reached. Until then it hides the page, and says that the person is signed in. */
  async function signOut(form, note) {
    const isThere = await fetch("/livez", { cache: "no-store" }).then(() => true, () => false);
    if (isThere) {
      form.submit();
      return;
    }
    if (!note.parentElement) {
      forgetPages();
      form.closest("details")?.removeAttribute("open");
      document.querySelector("main").replaceChildren(note);
      note.querySelector("h1").focus();
    }
    setTimeout(() => signOut(form, note), ASKED_AGAIN_MS);
  }

  document.addEventListener("submit", (event) => {
    const words = document.getElementById("no-sign-out");
    if (!("signsOut" in event.target.dataset) || !words) return;
    event.preventDefault();
    signOut(event.target, words.content.firstElementChild.cloneNode(true));
  });

  worker?.register("/service-worker.js").catch(() => {}); // some browsers allow none, as in a private window
}
