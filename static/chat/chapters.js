/** The handbook by subject, and what of it has the words that a reader looks for. */
import { fold } from "../feed/fold.js";

const TITLES = {
  emergency: "Emergencies",
  "first-aid": "First aid",
  wildlife: "Wildlife",
  weather: "Weather",
  water: "Water",
  food: "Food",
  gear: "Gear",
  biome: "Landscapes",
  navigation: "Finding the way",
  permits: "Permits and rules",
  "leave-no-trace": "Leave no trace",
};

/**
 * @param {object[]} entries of GET /api/handbook
 * @param {string} wanted words that all must be there
 * @returns {{subject: string, title: string, entries: object[]}[]} what matters most first; empty ones are left out
 */
export function chapters(entries, wanted) {
  const words = fold(wanted).split(/\s+/).filter(Boolean);
  const fits = ({ title, topics, biomes, text }) => {
    const all = fold([title, text, ...topics, ...biomes].join(" "));
    return words.every((word) => all.includes(word));
  };
  return Object.entries(TITLES)
    .map(([subject, title]) => ({ subject, title, entries: entries.filter((entry) => entry.topics[0] === subject && fits(entry)) }))
    .filter((chapter) => chapter.entries.length > 0);
}
