// The memory of this tab: its name, and the input of forms that was typed or sent and may still be needed.
"use strict";

const tabMemory = (() => {
  const PREFIX = "draft:";

  function remember(key, text) {
    try {
      sessionStorage.setItem(PREFIX + key, text);
    } catch {
      // Without session storage, the page itself still holds the input.
    }
  }

  function recall(key) {
    try {
      return sessionStorage.getItem(PREFIX + key);
    } catch {
      return null;
    }
  }

  function forget(isMeant) {
    try {
      for (const key of Object.keys(sessionStorage)) {
        if (key.startsWith(PREFIX) && isMeant(key.slice(PREFIX.length))) sessionStorage.removeItem(key);
      }
    } catch {
      // Without session storage, there is nothing to forget.
    }
  }

  function nameOfTab() {
    const name = recall("device") || Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join("");
    remember("device", name);
    return name;
  }

  return { remember, recall, forget, device: nameOfTab() };
})();
