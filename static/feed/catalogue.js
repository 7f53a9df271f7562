/** The channel list: search, regions and states. */
import { fold } from "./fold.js";

const STATES = {
  AK: "Alaska", AR: "Arkansas", AS: "American Samoa", AZ: "Arizona", CA: "California", CO: "Colorado", FL: "Florida",
  HI: "Hawaii", ID: "Idaho", IN: "Indiana", KY: "Kentucky", ME: "Maine", MI: "Michigan", MN: "Minnesota",
  MO: "Missouri", MT: "Montana", NC: "North Carolina", ND: "North Dakota", NM: "New Mexico", NV: "Nevada",
  OH: "Ohio", OR: "Oregon", SC: "South Carolina", SD: "South Dakota", TN: "Tennessee", TX: "Texas", UT: "Utah",
  VA: "Virginia", VI: "Virgin Islands", WA: "Washington", WV: "West Virginia", WY: "Wyoming",
};

/** @returns {string} the name of a state or territory by its postal code */
export function stateName(code) {
  return STATES[code] ?? code;
}

/** @returns {{code: string, name: string}[]} the states that have parks, by name */
export function statesOf(groups) {
  const codes = new Set(groups.flatMap((group) => group.channels.flatMap((channel) => channel.park?.states ?? [])));
  return [...codes].map((code) => ({ code, name: stateName(code) })).sort((a, b) => a.name.localeCompare(b.name));
}

/** @returns {string[]} the groups that hold parks */
export function regionsOf(groups) {
  return groups.filter((group) => group.channels.some((channel) => channel.kind === "park")).map(({ group }) => group);
}

/**
 * @param {object[]} groups the answer of GET /api/channels
 * @param {{query?: string, region?: string, state?: string}} wanted
 * @returns {object[]} the groups with what fits; empty ones are left out
 */
export function filterGroups(groups, { query = "", region = "", state = "" }) {
  const words = fold(query).split(/\s+/).filter(Boolean);
  const fits = (channel) => {
    if (state && !channel.park?.states.includes(state)) return false;
    const text = searchText(channel);
    return words.every((word) => text.includes(word));
  };
  return groups
    .filter(({ group }) => !region || group === region)
    .map(({ group, channels }) => ({ group, channels: channels.filter(fits) }))
    .filter(({ channels }) => channels.length > 0);
}

function searchText({ name, group, description, park }) {
  const states = (park?.states ?? []).flatMap((code) => [code, stateName(code)]);
  return fold([name, group, description ?? "", park?.full_name ?? "", ...states].join(" "));
}

/** @returns {number} how many people are in all channels */
export function onlineCount(groups) {
  return groups.reduce((sum, group) => sum + group.channels.reduce((all, { online }) => all + peopleIn(online), 0), 0);
}

/** @returns {number} members and guests */
export function peopleIn(presence) {
  return presence?.count ?? (presence ? presence.members.length + presence.guests : 0);
}
