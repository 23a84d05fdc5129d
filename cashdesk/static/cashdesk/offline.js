// Registers the service worker, and tells it when kept pages must go. Without it, pages need a connection.
"use strict";
{
  const worker = navigator.serviceWorker; // only on secure addresses

  async function forgetPages() {
    (await worker?.getRegistration())?.active?.postMessage("forget");
  }

  document.addEventListener("cashdesk:out", forgetPages); // the person was signed out, or the form is somebody else's
  // After a booking the pages before it are not true any more. An answer without an owner is the sign-in page.
  document.addEventListener("cashdesk:answered", ({ detail: answer }) => {
    if (answer.redirected || !answer.headers.has("Page-Owner")) forgetPages();
  });
  worker?.register("/service-worker.js").catch(() => {}); // some browsers allow none, as in a private window
}
