/**
 * The tabs of a channel's page. To add one: a component that gets `{channel}` (an OpenChannel) and a line here; `when`
 * says for which channels it is there. A tab with heavy libraries should load them itself, with `import()`.
 */
import { Feed } from "../components/feed.js";

export const TABS = [{ id: "feed", label: "Feed", component: Feed }];
