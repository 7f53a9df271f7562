/*
 * Before the first paint, as a classic script. The theme that the reader chose, if any, so that nothing flashes. And what
 * happens when the client's modules cannot be loaded, which they cannot say themselves: once anew, without what the
 * browser kept (files of two versions do not fit together); then words in the place of "Loading".
 */
(() => {
  const PATIENCE_MS = 20_000;

  try {
    const chosen = localStorage.getItem("hub.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Without storage the system's theme applies.
  }

  function boot() {
    return document.querySelector("#app > .boot");
  }

  function say() {
    if (!boot()) return;
    boot().textContent = "Frostbyte Hub could not be loaded. ";
    const again = Object.assign(document.createElement("a"), { href: location.href, textContent: "Try again" });
    again.addEventListener("click", () => location.reload());
    boot().append(again, " with more signal; the API is described at /docs.");
  }

  async function failed() {
    removeEventListener("error", onError, true);
    if (document.readyState === "loading") await new Promise((done) => addEventListener("DOMContentLoaded", done));
    if (!boot()) return;
    const done = history.state?.reloads ?? [];
    if (done.includes("boot") || !navigator.onLine) return say();
    try {
      for (const name of await caches.keys()) await caches.delete(name);
    } catch {
      // Where nothing may be kept nothing is.
    }
    history.replaceState({ ...history.state, reloads: [...done, "boot"] }, "");
    location.reload();
  }

  function onError({ target, filename }) {
    if (target?.tagName === "SCRIPT" || filename?.includes("/static/")) failed();
  }

  addEventListener("error", onError, true);
  setTimeout(say, PATIENCE_MS);
})();
