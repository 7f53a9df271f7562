/**
 * The pages. To add one: write `pages/NAME.js` with a default component (it gets `{params, query}`), and a line here;
 * `nav` puts it into the header. The path must also be one that the hub serves the page for.
 */
export const ROUTES = [
  { path: "/", load: () => import("./pages/home.js"), nav: "Channels" },
  { path: "/channels/:slug", load: () => import("./pages/channel.js"), fills: true },
  { path: "/posts/:post", load: () => import("./pages/linked.js") },
  { path: "/reviews/:review", load: () => import("./pages/linked.js") },
  { path: "/map", load: () => import("./pages/map.js"), nav: "Map" },
  { path: "/analytics", load: () => import("./pages/analytics.js"), nav: "Analytics" },
  { path: "/quiz", load: () => import("./pages/quiz.js"), nav: "Quiz" },
  { path: "/chat", load: () => import("./pages/chat.js"), nav: "Ranger", fills: true },
  { path: "/chat/:conversation", load: () => import("./pages/chat.js"), fills: true },
  { path: "/search", load: () => import("./pages/search.js") },
  { path: "/handbook", load: () => import("./pages/handbook.js") },
  { path: "/moderation", load: () => import("./pages/moderation.js"), nav: "Moderation", when: isStaff },
  { path: "/login", load: () => import("./pages/login.js") },
  { path: "/register", load: () => import("./pages/register.js") },
  { path: "/account", load: () => import("./pages/account.js") },
];

function isStaff(who) {
  return who?.role === "moderator" || who?.role === "admin";
}

/**
 * @param {string} path
 * @returns {{page: object | null, params: Record<string, string>}}
 */
export function matchRoute(path) {
  for (const page of ROUTES) {
    const params = matchPath(page.path, path);
    if (params) return { page, params };
  }
  return { page: null, params: {} };
}

function matchPath(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== given.length) return null;
  const params = {};
  for (const [index, part] of wanted.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = decode(given[index]);
    else if (part !== given[index]) return null;
  }
  return params;
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
