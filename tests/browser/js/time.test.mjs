/** Times in words: by the reader's calendar, also where days have 23 or 25 hours. */
import assert from "node:assert/strict";
import test from "node:test";
import { dayName, elapsed, relativeTime, sameDay, timeOfDay, todaysDate } from "../../../static/feed/time.js";

const ZONES = [
  "UTC", "America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Santiago", "America/Havana",
  "Europe/London", "Europe/Berlin", "Africa/Cairo", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Beirut", "Asia/Tehran",
  "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago",
];
const HOUR = 3_600_000;

function within(zone, work) {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

/** The date as a calendar on the wall of the zone has it, found in another way than the module does. */
function wallDate(zone, moment) {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(moment);
}

function dayBefore(date) {
  return new Date(Date.parse(`${date}T12:00:00Z`) - 24 * HOUR).toISOString().slice(0, 10);
}

function inWords(zone, now, then) {
  return within(zone, () => relativeTime(new Date(then).toISOString(), now, "en"));
}

test("yesterday is all of the calendar day before and nothing else, in every zone, all through the year", () => {
  for (const zone of ZONES) {
    // An odd step visits every hour of the day and all changes of the clocks.
    for (let now = Date.UTC(2026, 0, 1); now < Date.UTC(2027, 0, 1); now += 61 * HOUR + 7 * 60_000) {
      for (const hours of [1, 2, 5, 11, 17, 23, 23.5, 24, 24.5, 25, 30, 36, 46, 47.5, 48, 49, 72]) {
        const then = now - hours * HOUR;
        const [today, day] = [wallDate(zone, now), wallDate(zone, then)];
        const words = inWords(zone, now, then);
        const told = `${zone} ${new Date(now).toISOString()} -${hours} h: ${words}`;
        assert.equal(words === "yesterday", day === dayBefore(today), told);
        assert.equal(/ago$/.test(words), day === today, told);
        const name = within(zone, () => dayName(new Date(then).toISOString(), now, "en"));
        assert.equal(name === "Yesterday", day === dayBefore(today), told);
        assert.equal(name === "Today", day === today, told);
        assert.equal(within(zone, () => sameDay(then, now)), day === today, told);
      }
    }
  }
});

test("the line between days is right in the last hour of a day with 25 hours, and the first after one with 23", () => {
  const back = Date.parse("2026-11-01T23:30:00-05:00");
  assert.equal(within("America/New_York", () => dayName("2026-10-31T12:00:00-04:00", back, "en")), "Yesterday");
  assert.equal(inWords("America/New_York", back, Date.parse("2026-10-31T23:59:00-04:00")), "yesterday");
  assert.equal(inWords("America/New_York", back, Date.parse("2026-11-01T00:01:00-04:00")), "24 h ago");
  const forth = Date.parse("2026-03-09T00:10:00-04:00");
  assert.equal(inWords("America/New_York", forth, Date.parse("2026-03-07T23:50:00-05:00")), "Mar 7");
  assert.equal(inWords("America/New_York", forth, Date.parse("2026-03-08T00:10:00-05:00")), "yesterday");
});

test("at midnight the day before becomes yesterday, but what was just said was just said", () => {
  const now = Date.parse("2026-06-02T00:10:00+05:30");
  assert.equal(inWords("Asia/Kolkata", now, now - 15 * 60_000), "yesterday");
  assert.equal(inWords("Asia/Kolkata", now, now - 5 * 60_000), "5 min ago");
  assert.equal(inWords("Asia/Kolkata", Date.parse("2026-06-02T00:00:10+05:30"), Date.parse("2026-06-01T23:59:50+05:30")), "just now");
  assert.equal(elapsed(new Date(now - 15 * 60_000).toISOString(), now), "15 min ago");
  assert.equal(elapsed(new Date(now - 7 * HOUR).toISOString(), now), "7 h ago");
});

test("a clock that is behind the hub's makes nothing happen in the future", () => {
  const now = Date.parse("2026-06-02T12:00:00Z");
  assert.equal(relativeTime("2026-06-02T12:00:40Z", now), "just now");
  assert.equal(relativeTime("2026-06-03T12:00:40Z", now), "just now");
  assert.equal(elapsed("2026-06-02T12:00:40Z", now), "just now");
});

test("a date field's last day is the reader's own date", () => {
  const moment = Date.parse("2026-12-31T23:30:00Z");
  assert.equal(within("Pacific/Kiritimati", () => todaysDate(moment)), "2027-01-01");
  assert.equal(within("Pacific/Pago_Pago", () => todaysDate(moment)), "2026-12-31");
  assert.equal(within("Asia/Kathmandu", () => todaysDate(moment)), "2027-01-01");
  assert.equal(within("Australia/Adelaide", () => timeOfDay("2026-10-03T17:00:00Z", "en-GB")), "3:30");
});
