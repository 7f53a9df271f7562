/** Light or dark, as the reader likes; until they choose, as the system says. */
import { signal } from "@preact/signals";
import { local } from "../api/kept.js";
import { html } from "../html.js";
import { Icon } from "./icons.js";

const system = matchMedia("(prefers-color-scheme: dark)");
const dark = signal(isDark());

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : system.matches;
}

system.addEventListener("change", () => (dark.value = isDark()));

function toggle() {
  const theme = dark.value ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  local.set("hub.theme", theme);
  dark.value = isDark();
}

/** The button. */
export function ThemeToggle() {
  const label = dark.value ? "Use the light theme" : "Use the dark theme";
  return html`
    <button class="icon-button" type="button" aria-label=${label} title=${label} onClick=${toggle}>
      <${Icon} name=${dark.value ? "sun" : "moon"} />
    </button>
  `;
}
