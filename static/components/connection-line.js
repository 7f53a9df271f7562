/** Says when the feed is not live, and when it tries again. */
import { useEffect, useState } from "preact/hooks";
import { connectionLine } from "../feed/status.js";
import { html } from "../html.js";

/** The line; nothing while all is well. */
export function ConnectionLine({ channel }) {
  const [now, setNow] = useState(Date.now());
  const status = channel.status.value;
  useEffect(() => {
    const tick = () => setNow(Date.now());
    const timer = status.kind === "live" ? null : setInterval(tick, 500);
    const events = ["online", "offline"];
    for (const name of events) window.addEventListener(name, tick);
    tick();
    return () => {
      clearInterval(timer);
      for (const name of events) window.removeEventListener(name, tick);
    };
  }, [status]);
  const line = connectionLine(status, now, navigator.onLine);
  if (!line && !channel.stale.value) return html`<div role="status"></div>`;
  return html`
    <div class="line line-warn">
      <span role="status">${line?.text ?? "This is what was here at your last visit."}</span>
      ${line?.countdown && html`<span class="countdown" aria-hidden="true">${line.countdown}</span>`}
      ${line?.action === "retry" && html`<button class="link-button" onClick=${() => retry(channel)}>Try now</button>`}
      ${line?.action === "reload" && html`<button class="link-button" onClick=${() => location.reload()}>Reload the page</button>`}
    </div>
  `;
}

function retry(channel) {
  if (channel.stale.value) channel.refresh();
  channel.connection.tryNow();
}
