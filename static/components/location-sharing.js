/** What this page shares of where the member is; it goes on while one reads other pages of the hub. */
import { signal } from "@preact/signals";
import { call, member } from "../api/session.js";
import { OFF, Sharing } from "../feed/sharing.js";
import { timeOfDay } from "../feed/time.js";
import { html } from "../html.js";
import { Icon } from "./icons.js";
import { toast } from "./toasts.js";

/** See `OFF` in feed/sharing.js. */
export const shared = signal(OFF);

export const sharing = new Sharing({ geolocation: navigator.geolocation, call, onChange: (state) => (shared.value = state) });

window.addEventListener("online", () => sharing.online());

let owner;
member.subscribe((who) => {
  if (owner && who?.username !== owner) sharing.letGo();
  owner = who?.username;
});

/** Keep to what the hub says of one's own location while a channel is open; returns how to stop that. */
export function followHub(channel) {
  const ended = () => sharing.ended(channel.slug) && toast("Your location is no longer shared.");
  const isLive = () => channel.status.peek().kind === "live";
  if (isLive() && !channel.state.locations.has(member.peek()?.username)) ended();
  const stops = [
    sharing.attach(channel.slug, (frame) => isLive() && channel.connection.send(frame)),
    channel.on("location.removed", ({ data }) => data.username === member.peek()?.username && ended()),
    channel.on("welcome", ({ locations }) => {
      if (!locations.some(({ username }) => username === member.peek()?.username)) ended();
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** In the header, so that nobody shares without knowing. */
export function SharingSign() {
  const { slug, until } = shared.value;
  if (!until) return null;
  return html`
    <a class="sharing-sign" href=${`/channels/${slug}?tab=map`} title=${`You share where you are until ${timeOfDay(until)}`}>
      <${Icon} name="pin" /><span class="visually-hidden">You share where you are until ${timeOfDay(until)}: </span>
      <span>Sharing</span>
    </a>
  `;
}
