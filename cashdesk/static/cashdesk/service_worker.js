// Answers without a connection: keeps files, shows the last copy of a form of this person, and else the offline page.
// The server writes VERSION, OFFLINE_PAGES and STATIC above. Forms (POST) and the API never pass through here.
"use strict";

const FILES = `files-${VERSION}`; // for everybody: static files and the offline pages
const PAGES = `pages-${VERSION}`; // the kept forms of one person
const HASHED = /\.[0-9a-f]{12}\.\w+$/; // such a name never gets another content

let forgotten = 0; // how often pages were forgotten, so that a page that was asked for before is not kept after it

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(Promise.all(Object.values(OFFLINE_PAGES).map(keepOfflinePage)));
});

self.addEventListener("activate", (event) => event.waitUntil(begin()));

self.addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(forget());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  // A form that the browser sends itself may change the person: signing in, changing by PIN, signing out. Forgets first,
  // so that it holds without a connection too.
  if (request.method !== "GET" && request.mode === "navigate") event.waitUntil(forget());
  if (request.method !== "GET") return;
  if (url.pathname.startsWith(STATIC)) event.respondWith(file(request, url));
  else if (request.mode === "navigate") event.respondWith(page(event, url));
});

async function begin() {
  for (const name of await caches.keys()) if (name !== FILES && name !== PAGES) await caches.delete(name);
  await self.clients.claim();
}

async function forget() {
  forgotten += 1;
  await caches.delete(PAGES);
}

// --- files ------------------------------------------------------------------------------------------------------------

async function file(request, url) {
  const files = await caches.open(FILES);
  const kept = await files.match(request);
  if (kept && HASHED.test(url.pathname)) return kept;
  try {
    const answer = await fetch(request);
    if (answer.ok) await files.put(request, answer.clone());
    return answer;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** Keeps the files that a page names, so that the page looks right without a connection. */
async function keepFilesOf(text) {
  const files = await caches.open(FILES);
  const names = new Set([...text.matchAll(/(?:href|src)="([^"]+)"/g)].map((found) => found[1]));
  for (const name of names) if (name.startsWith(STATIC) && !(await files.match(name))) await files.add(name);
}

// --- pages ------------------------------------------------------------------------------------------------------------

/** Asks the server, always. Only without an answer it shows a kept copy, or the offline page. */
async function page(event, url) {
  const before = forgotten;
  try {
    const answer = await fetch(event.request);
    // Only a page that is kept is copied: the copy of a large download would fill the memory.
    event.waitUntil(look(url, answer.headers.has("Page-Kept") ? answer.clone() : answer, before));
    return answer;
  } catch {
    return (await keptPage(url)) ?? offlinePage();
  }
}

/** Keeps a page that may be kept. Deletes kept pages of another person, of another sign-in, or that are not shown now. */
async function look(url, answer, before) {
  if (answer.type !== "opaqueredirect") {
    const isPage = (answer.headers.get("Content-Type") ?? "").startsWith("text/html");
    if (!isPage || answer.status >= 500) return;
    await leaveOnlyOf(answer.headers.get("Page-Owner"));
    await noteLanguage(answer.headers.get("Content-Language"));
  }
  if (url.search) return;
  const pages = await caches.open(PAGES);
  if (!answer.headers.has("Page-Kept") || !answer.headers.has("Page-Owner")) {
    await pages.delete(url.pathname);
    return;
  }
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name); // the text is kept unpacked
  headers.set("Kept-At", Date.now());
  const text = await answer.text();
  await keepFilesOf(text);
  if (before === forgotten) await pages.put(url.pathname, new Response(text, { headers }));
}

async function leaveOnlyOf(owner) {
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    const kept = await pages.match(request);
    if (kept && (!owner || kept.headers.get("Page-Owner") !== owner)) {
      forgotten += 1;
      await pages.delete(request);
    }
  }
}

async function keptPage(url) {
  const pages = await caches.open(PAGES);
  const kept = url.search ? null : await pages.match(url.pathname);
  if (!kept) return null;
  const at = Number(kept.headers.get("Kept-At"));
  const age = Date.now() - at;
  // A clock that was set back would let a copy live on.
  if (age < 0 || age > Number(kept.headers.get("Page-Kept")) * 1000) {
    await pages.delete(url.pathname);
    return null;
  }
  const [text, offline] = await Promise.all([kept.text(), (await offlinePage()).text()]);
  const note = /<template id="kept-note">.*<\/script>/s.exec(offline)?.[0] ?? "";
  const noted = text.replace("<html ", `<html data-kept-at="${at}" `).replace("</body>", () => `${note}</body>`);
  return new Response(noted, { headers: kept.headers });
}

// --- the offline page ---------------------------------------------------------------------------------------------------

async function keepOfflinePage(path) {
  const answer = await fetch(path, { cache: "reload" });
  await keepFilesOf(await answer.clone().text());
  await (await caches.open(FILES)).put(path, answer);
}

async function noteLanguage(language) {
  if (language in OFFLINE_PAGES) await (await caches.open(FILES)).put("/language", new Response(language));
}

async function offlinePage() {
  const files = await caches.open(FILES);
  const language = await (await files.match("/language"))?.text();
  return (await files.match(OFFLINE_PAGES[language] ?? OFFLINE_PAGES.en)) ?? Response.error();
}
