/** Starts the client: who is here, what is to be sent, the page. */
import { render } from "preact";
import { start } from "./api/session.js";
import "./components/keys.js";
import { Shell } from "./components/shell.js";
import { startSending } from "./feed/sender.js";
import { html } from "./html.js";

const root = document.getElementById("app");
root.textContent = "";
render(html`<${Shell} />`, root);
start().then(startSending);

if ("serviceWorker" in navigator) {
  window.addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => null));
}
