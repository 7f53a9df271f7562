/** Says that a page came over plain http where it should not: what is typed can be read on the way. */
import { useEffect, useState } from "preact/hooks";
import { ORIGIN, request } from "../api/http.js";
import { html } from "../html.js";

const LOCAL = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A line on top of every page of a hub in production that is read over plain http from another machine. */
export function Insecure() {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const hub = new URL(ORIGIN);
    if (hub.protocol !== "http:" || LOCAL.test(hub.hostname)) return;
    request("GET", "/api/config").then(
      ({ data }) => setShown(data.wants_https),
      () => null,
    );
  }, []);
  if (!shown) return null;
  return html`
    <p class="insecure" role="note">
      <strong>This connection is not encrypted.</strong> Others on the network can read what you type here, your password too.
      Whoever runs this hub should set up HTTPS.
      <button class="button button-small button-quiet" type="button" onClick=${() => setShown(false)}>Hide</button>
    </p>
  `;
}
