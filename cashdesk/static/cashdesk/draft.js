// Protects typed input: saves a form as a draft while the person types, and sends the form again until the server answers.
// Without this script the browser sends forms as usual, and each step of a count saves the draft. in_place.js shows the answer.
"use strict";
{
  const SAVED_AFTER_MS = 600;
  const SAVED_WITHIN_MS = 8_000;
  const ANSWERED_WITHIN_MS = 30_000;
  const PAUSES_MS = [2_000, 4_000, 8_000, 15_000, 30_000];

  const states = new WeakMap(); // the state of each form with a draft
  const waiting = new Set(); // forms that were sent and have no answer yet
  const plain = new WeakSet(); // forms that the browser must send itself, because this script failed
  let isLeaving = false; // the person leaves on purpose: ask nothing and save nothing more

  const { remember, recall, forget, device } = tabMemory;

  // --- saving a form while the person types -----------------------------------------------------------------------------

  /** Returns the names of the fields that the page fills in itself. The server lists them in the page. */
  const untypedIn = (form) => form.querySelector("[data-untyped]").dataset.untyped.split(" ");

  function typedIn(form) {
    const typed = new URLSearchParams(new FormData(form));
    for (const name of untypedIn(form)) typed.delete(name);
    for (const secret of form.querySelectorAll("input[type=password]")) typed.delete(secret.name);
    return typed;
  }

  function draftOn(form) {
    const shown = form.querySelector("[data-draft-state]");
    if (!shown || states.has(form)) return;
    const { subject, who, save: saveTo, goOn } = shown.dataset;
    const memory = `${who}:${subject}`;
    const said = shown.querySelector("[data-said]");
    const state = { seen: Number(shown.dataset.seen), saved: typedIn(form).toString(), isUnsaved: false, isOver: false };
    let timer = 0;
    let pause = 0;
    let sending = null; // the input that is being saved now
    states.set(form, state);
    if ("unsaved" in shown.dataset) state.saved = "";

    function say(word) {
      // Changes the text only if it differs, so that a screen reader does not read the same status twice.
      if (said.textContent !== said.dataset[word]) said.textContent = said.dataset[word];
      said.dataset.word = word;
    }

    function isChanged() {
      return !state.isOver && typedIn(form).toString() !== state.saved;
    }

    function later(ms = SAVED_AFTER_MS) {
      clearTimeout(timer);
      if (isChanged()) timer = setTimeout(save, ms);
    }

    function notSaved(word, text) {
      state.isUnsaved = true;
      remember(memory, JSON.stringify({ seen: state.seen, text }));
      say(word);
      later(PAUSES_MS[Math.min(pause++, PAUSES_MS.length - 1)]);
    }

    async function save({ keepalive = false } = {}) {
      clearTimeout(timer);
      const text = typedIn(form).toString();
      if (isLeaving || !isChanged() || text === sending) return;
      if (state.underWay && !keepalive) await state.underWay;
      if (!isChanged()) return;
      sending = text;
      const body = new URLSearchParams(text);
      for (const name of ["draft", "csrfmiddlewaretoken"]) body.set(name, form.querySelector(`[name=${name}]`).value);
      body.set("seen", state.seen);
      body.set("device", device);
      state.underWay = answerTo(body, text, keepalive);
      await state.underWay;
      sending = null;
      if (!state.isUnsaved) later();
    }

    async function answerTo(body, text, keepalive) {
      let answer;
      let told = {};
      try {
        const headers = { Accept: "application/json" };
        // The form waits for this save before it is sent. So a hanging connection must end after a while.
        const signal = AbortSignal.timeout(SAVED_WITHIN_MS);
        answer = await fetch(saveTo, { method: "POST", body, headers, keepalive, redirect: "error", signal });
        if (answer.status === 409) told = await answer.json();
      } catch {
        notSaved("offline", text);
        return;
      }
      if (answer.status === 204) {
        Object.assign(state, { seen: Number(answer.headers.get("Draft-Version")), saved: text, isUnsaved: false });
        pause = 0;
        // A kept copy of this page is older than the draft. Without a connection it needs this memory. With keepalive the page
        // is going away, and the next page may show an older draft: then it needs the memory as it is.
        if (!keepalive) remember(memory, JSON.stringify({ seen: state.seen, text, isSaved: true }));
        say("saved");
      } else if (answer.status === 409) elsewhere(told);
      else if (answer.status === 401 || answer.status === 403) isOut(answer.status);
      else notSaved("failed", text);
    }

    /** Another device changed the draft: lets the person choose one of the two versions. */
    function elsewhere(told) {
      const box = shown.querySelector("[data-elsewhere]");
      state.isOver = true;
      said.textContent = "";
      box.querySelector("[data-elsewhere-words]").textContent = told.message;
      box.hidden = false;
      box.querySelector("[data-theirs]").onclick = () => {
        isLeaving = true;
        forget((key) => key === memory);
      };
      box.querySelector("[data-mine]").onclick = () => {
        Object.assign(state, { seen: told.version, saved: "", isOver: false });
        box.hidden = true;
        save();
      };
    }

    /** The person is signed out, or the page is too old: shows a button that continues and carries the input along. */
    function isOut(status) {
      state.isOver = state.isUnsaved = true;
      said.textContent = "";
      document.dispatchEvent(new CustomEvent("cashdesk:out"));
      shown.querySelector("[data-out]").hidden = false;
      for (const words of shown.querySelectorAll("[data-out-words]")) words.hidden = words.dataset.outWords !== String(status);
      shown.querySelector("[data-go-on-now]").onclick = () => {
        isLeaving = true;
        form.setAttribute("action", goOn);
        HTMLFormElement.prototype.submit.call(form);
      };
    }

    /**
     * Restores input that this tab could not save before the page went away, such as a last digit before a reload. A kept
     * copy of the page is older than the input, so it gets the saved input too. A form that was sent without an answer
     * keeps its key: if it was booked, it is not booked again.
     */
    function takeUp() {
      const isKept = "keptAt" in document.documentElement.dataset;
      const { seen, text, isSaved, once } = JSON.parse(recall(memory) || "{}");
      if (!isKept) forget((key) => key === memory);
      if (text === undefined || text === state.saved || (!isKept && (isSaved || seen !== state.seen))) return;
      state.seen = seen;
      if (isSaved) state.saved = text;
      if (once) form.querySelector("[name=once]").value = once;
      const typed = new URLSearchParams(text);
      const untyped = untypedIn(form);
      for (const field of form.querySelectorAll("input:not([type=hidden]), select, textarea")) {
        if (untyped.includes(field.name)) continue;
        if (field.type === "radio" || field.type === "checkbox") field.checked = typed.getAll(field.name).includes(field.value);
        else if (field.type !== "password") field.value = typed.get(field.name) ?? "";
      }
      form.dispatchEvent(new Event("input", { bubbles: true }));
    }

    state.save = save;
    state.goes = () => {
      if (isLeaving || !isChanged()) return;
      remember(memory, JSON.stringify({ seen: state.seen, text: typedIn(form).toString() }));
      save({ keepalive: true });
    };
    state.isSent = () => {
      state.isOver = true;
      const once = form.querySelector("[name=once]")?.value;
      remember(memory, JSON.stringify({ seen: state.seen, text: typedIn(form).toString(), once }));
    };
    state.isDone = () => {
      state.isOver = true;
      clearTimeout(timer);
      forget((key) => key === memory);
    };
    for (const kind of ["input", "change", "click"]) form.addEventListener(kind, () => later());
    forget((key) => key !== "device" && !key.startsWith(`${who}:`));
    takeUp();
    later();
  }

  const draftAll = () => document.querySelectorAll("form[data-draft]").forEach(draftOn);
  const draftForms = () => [...document.querySelectorAll("form[data-draft]")].filter((form) => states.has(form));

  // --- sending a form until the server answers ----------------------------------------------------------------------------

  /** Sends the form once. Returns the answer with its text, or null if no answer came in time. */
  async function ask(url, body) {
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), ANSWERED_WITHIN_MS);
    try {
      const answer = await fetch(url, { method: "POST", body, headers: { Accept: "text/html" }, signal: giveUp.signal });
      return { answer, text: await answer.text() };
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the form may be sent again: after the pause, when the connection is back, or when the person asks. */
  function again(box, pause) {
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        window.removeEventListener("online", go);
        resolve();
      };
      const timer = setTimeout(go, pause);
      window.addEventListener("online", go);
      box.querySelector("[data-again]").onclick = go;
    });
  }

  function stands(form) {
    const box = document.getElementById("unsent").content.firstElementChild.cloneNode(true);
    form.before(box);
    form.inert = true; // the same input is sent again, so nobody may change it now
    return box;
  }

  /** Sends a form until an answer arrives. After an unexpected error the browser sends it: the server books it only once. */
  async function send(form, button) {
    waiting.add(form);
    try {
      await sendUntilAnswered(form, button);
    } catch (error) {
      waiting.delete(form);
      plain.add(form);
      form.inert = false;
      if (form.isConnected) isLeaving = true;
      form.requestSubmit(button);
      throw error; // for the console
    }
  }

  async function sendUntilAnswered(form, button) {
    const url = new URL(button?.getAttribute("formaction") || form.getAttribute("action") || "", location.href);
    const body = new URLSearchParams(new FormData(form));
    if (button?.name) body.append(button.name, button.value);
    const state = states.get(form);
    // Waits for a running save. Otherwise it could create the draft again after the form was booked.
    if (state) {
      state.isSent();
      await state.underWay;
    }
    let box = null;
    let found = null;
    let page = null;
    for (let turn = 0; ; turn += 1) {
      found = await ask(url, body);
      page = found && pageIn(found.text);
      if (found && found.answer.status < 500 && (found.answer.redirected || page)) break;
      box ??= stands(form);
      box.querySelector("[data-no-connection]").hidden = Boolean(found);
      box.querySelector("[data-no-answer]").hidden = !found;
      if (turn === 0) box.focus();
      await again(box, PAUSES_MS[Math.min(turn, PAUSES_MS.length - 1)]);
    }
    waiting.delete(form);
    // Before the answer is shown: what was sent must not be filled in over what the server answers.
    state?.isDone();
    document.dispatchEvent(new CustomEvent("cashdesk:answered", { detail: found.answer }));
    if (found.answer.redirected) {
      isLeaving = true;
      location.assign(found.answer.url);
    } else await showInPlace(page, { isOk: found.answer.ok, hash: url.hash });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.forget) forget((key) => key.endsWith(form.dataset.forget));
    const isOnce = form.querySelector("input[name=once]") || "draft" in form.dataset;
    if (event.defaultPrevented || !isOnce || plain.has(form) || form.getAttribute("method") !== "post") return;
    event.preventDefault();
    if (!waiting.has(form)) send(form, event.submitter);
  });

  // --- leaving the page and coming back -------------------------------------------------------------------------------------

  window.addEventListener("beforeunload", (event) => {
    for (const form of draftForms()) states.get(form).goes();
    const isUnsent = waiting.size > 0 || draftForms().some((form) => states.get(form).isUnsaved);
    if (isUnsent && !isLeaving) event.preventDefault();
  });
  for (const kind of ["pagehide", "visibilitychange"]) {
    window.addEventListener(kind, () => {
      if (kind === "pagehide" || document.visibilityState === "hidden") draftForms().forEach((form) => states.get(form).goes());
    });
  }
  window.addEventListener("online", () => draftForms().forEach((form) => states.get(form).save()));
  window.addEventListener("pageshow", (event) => {
    // The form on a page from the browser's back/forward cache may have been booked meanwhile. So the page loads again.
    if (event.persisted && !draftForms().some((form) => states.get(form).isUnsaved)) location.reload();
  });

  if (new URLSearchParams(location.search).has("signed-out")) forget((key) => key !== "device");
  document.addEventListener("cashdesk:shown", draftAll);
  draftAll();
}
