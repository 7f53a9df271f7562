/** The frame of every page: skip link, header, the page itself, short notices. */
import { useEffect, useRef, useState } from "preact/hooks";
import { member } from "../api/session.js";
import { isVolatile } from "../api/storage.js";
import { checkVersion, reloadOnce } from "../api/version.js";
import { html } from "../html.js";
import { loginHref, route } from "../router.js";
import { ROUTES } from "../routes.js";
import { Icon, Logo } from "./icons.js";
import { Insecure } from "./insecure.js";
import { SharingSign } from "./location-sharing.js";
import { OpenReports } from "./open-reports.js";
import { ErrorBox, Loading, NotFound } from "./states.js";
import { ThemeToggle } from "./theme-toggle.js";
import { toast, Toasts } from "./toasts.js";
import { Update } from "./update.js";

/** The whole client. */
export function Shell() {
  const { page, params, query, path } = route.value;
  return html`
    <div class=${page?.fills ? "shell shell-fills" : "shell"}>
      <a class="skip-link" href="#main">Skip to the content</a>
      <${Insecure} />
      <${Header} path=${path} slug=${page?.path.startsWith("/channels/") && params.slug} />
      <${Volatile} />
      <main id="main" tabindex="-1">
        ${page ? html`<${Page} key=${path} page=${page} params=${params} query=${query} />` : html`<${NotFound} />`}
      </main>
      <${Toasts}><${Update} /><//>
    </div>
  `;
}

/** Said once, when something was written that the browser does not keep. */
function Volatile() {
  useEffect(() => {
    if (isVolatile.value) toast("This browser keeps nothing, or is full: what you write is here only while this page is open.");
  }, [isVolatile.value]);
  return null;
}

function Page({ page, params, query }) {
  const [loaded, setLoaded] = useState(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    page.load().then(
      (module) => current && setLoaded({ component: module.default }),
      async () => {
        // A file of another version is not there, or does not fit: a page from before a deploy becomes the new one.
        const version = await checkVersion();
        if (current && !(version && reloadOnce(version))) setLoaded({ failed: true });
      },
    );
    return () => (current = false);
  }, [page, attempt]);
  useFocusOnArrival();
  if (!loaded) return html`<${Loading} />`;
  if (loaded.failed) {
    return html`<${ErrorBox} text="This page could not be loaded." onRetry=${() => setAttempt(attempt + 1)} />`;
  }
  return html`<${loaded.component} params=${params} query=${query} />`;
}

let arrivals = 0;

/** A change of page moves the focus to the content, as a full load would. */
function useFocusOnArrival() {
  const first = useRef(arrivals++ === 0);
  useEffect(() => {
    if (first.current) return;
    window.scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }, []);
}

function Header({ path, slug }) {
  const entries = ROUTES.filter((entry) => entry.nav && (!entry.when || entry.when(member.value)));
  return html`
    <header class="site-header">
      <a class="brand" href="/" aria-label="Frostbyte Hub, home"><${Logo} /><span>Frostbyte Hub</span></a>
      <nav aria-label="Main">
        ${entries.map(
          (entry) => html`<a href=${entry.path} aria-current=${isCurrent(entry, path) ? "page" : null}>${entry.nav}${entry.path === "/moderation" && html`<${OpenReports} />`}</a>`,
        )}
      </nav>
      <div class="header-end">
        <${SharingSign} />
        <a class="icon-button" href=${slug ? `/search?channel=${slug}` : "/search"} aria-label="Search" title="Search"><${Icon} name="search" /></a>
        <${ThemeToggle} />
        <${Who} />
      </div>
    </header>
  `;
}

function isCurrent(entry, path) {
  return entry.path === path || path.startsWith(entry.path === "/" ? "/channels/" : `${entry.path}/`);
}

function Who() {
  if (member.value === undefined) return null;
  if (member.value === null) return html`<a class="button button-small" href=${loginHref()}>Log in</a>`;
  return html`
    <a class="who" href="/account" title="Your account">
      <${Icon} name="person" /><bdi class="who-name">${member.value.name}</bdi>
    </a>
  `;
}
