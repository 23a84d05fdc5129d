// Says on a kept page how old it is. The worker puts this script and the note into the page.
"use strict";
{
  const html = document.documentElement;

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
}
