/**
 * The tabs of a channel's page. To add one: a component that gets `{channel}` (an OpenChannel) and a line here; `when`
 * says for which channels it is there. A tab with heavy libraries should load them itself, with `import()`.
 */
import { ChatTab } from "../components/chat-tab.js";
import { Feed } from "../components/feed.js";
import { MapTab } from "../components/map-tab.js";
import { Reviews } from "../components/review-list.js";

export const TABS = [
  { id: "feed", label: "Feed", component: Feed },
  { id: "reviews", label: "Reviews", component: Reviews, when: isReviewed },
  { id: "map", label: "Map", component: MapTab, when: isPark },
  { id: "ranger", label: "Ranger", component: ChatTab },
];

function isPark(about) {
  return about?.kind === "park";
}

/** Parks are reviewed; a topic shows reviews only where an earlier site left some. */
function isReviewed(about) {
  return about?.kind === "park" || about?.stats.reviews > 0;
}
