/** Questions that one might ask, by what the channel is about. */

const GENERAL = [
  "What should I pack for a first night?",
  "How do I store food in bear country?",
  "How much water should I carry?",
  "What gear can I get cheaper?",
];

const ALASKA = ["What is camping on the tundra like?", "What do I do when I meet a bear?", "How do I cross a river?"];

const BY_ACTIVITY = [
  [/^(Backcountry (Camping|Hiking))$/, "Do I need a backcountry permit?"],
  [/Climbing/, "How do I avoid altitude sickness?"],
  [/^(Canyoneering)$/, "How do I notice a flash flood?"],
  [/Swimming|Snorkel|SCUBA/, "Is it safe to swim here?"],
  [/Kayak|Cano|Paddling/, "What should I know before I paddle?"],
  [/Ski|Snowshoe|Snow /, "How do I stay warm in the snow?"],
  [/Stargazing|Astronomy/, "How do I see the stars best?"],
  [/Fishing/, "Do I need a fishing licence?"],
  [/Caving/, "What do I need for a cave?"],
];

const BY_TOPIC = {
  tundra: ALASKA,
  desert: ["How much water should I carry?", "What are the signs of heat stroke?", "May I camp in a dry wash?"],
  forest: ["How do I store food from bears?", "How do I keep dry in the rain?", "How do I remove a tick?"],
  aquatic: ["Where may I pitch by the sea?", "What do I do in a rip current?", "What should I know before I paddle?"],
};

const SHOWN = 4;

/**
 * @param {{slug: string, park: {states: string[], activities: string[]} | null} | null} channel
 * @returns {string[]} at most four
 */
export function suggestions(channel) {
  if (!channel) return GENERAL;
  const { park } = channel;
  const own = park
    ? [
        `What can I do in ${channel.name}?`,
        ...(park.states.includes("AK") ? ALASKA.slice(0, 2) : []),
        ...BY_ACTIVITY.filter(([wanted]) => park.activities.some((name) => wanted.test(name))).map(([, ask]) => ask),
      ]
    : (BY_TOPIC[channel.slug] ?? []);
  return [...new Set([...own, ...GENERAL])].slice(0, SHOWN);
}
