/** Starts the client: who is here, what is to be sent, the page. */
import { render } from "preact";
import { serviceWorker } from "./api/kept.js";
import { startSealing } from "./api/sealing.js";
import { start } from "./api/session.js";
import "./components/keys.js";
import { Shell } from "./components/shell.js";
import { startSending } from "./feed/sender.js";
import { html } from "./html.js";

const root = document.getElementById("app");
root.textContent = "";
render(html`<${Shell} />`, root);
start().then(startSending).then(startSealing);

window.addEventListener("load", () => serviceWorker()?.register("/sw.js").catch(() => null));
