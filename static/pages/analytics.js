/** All channels in numbers: a table that moves as stars come in, the spread of the stars, and the trend. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ORIGIN } from "../api/http.js";
import { call, member } from "../api/session.js";
import { TrendChart } from "../components/chart.js";
import { Histogram } from "../components/histogram.js";
import { usePolled } from "../components/poll.js";
import { RatingTable } from "../components/rating-table.js";
import { ErrorBox, Loading } from "../components/states.js";
import { html } from "../html.js";
import { loginHref } from "../router.js";

// A look costs the hub next to nothing while no number has changed (304), so it may be often.
const POLL_MS = 1_500;
const SUMMARY = "/api/analytics/summary";

export default function Analytics() {
  useEffect(() => void (document.title = "Analytics · Frostbyte Hub"), []);
  const { data, error, retry } = usePolled(SUMMARY, POLL_MS);
  const [mine, setMine] = useMyRatings();
  const [chosen, setChosen] = useState("");
  const charts = useRef(null);
  const show = (channel) => {
    setChosen(channel);
    charts.current.focus({ preventScroll: true });
    charts.current.scrollIntoView();
  };
  const note = (channel, stars) => {
    setMine(channel, stars);
    retry();
  };
  if (!data) {
    return html`<div class="page">${error ? html`<${ErrorBox} text=${error.message} onRetry=${retry} />` : html`<${Loading} lines=${8} />`}</div>`;
  }
  return html`
    <div class="page analytics">
      <${Heading} />
      ${error && html`<p class="line line-warn" role="status">No connection to the hub: the numbers may be old.</p>`}
      <${Totals} total=${data.total} />
      <${Charts} section=${charts} items=${data.items} total=${data.total} chosen=${chosen} onChoose=${setChosen} />
      <section class="analytics-table" aria-labelledby="channels-heading">
        <h2 id="channels-heading">Channels</h2>
        ${member.value === null && html`<p class="muted"><a href=${loginHref()}>Log in</a> to give stars right here in the table.</p>`}
        <${RatingTable} rows=${data.items} mine=${mine} chosen=${chosen} onChoose=${show} onStored=${note} />
      </section>
    </div>
  `;
}

/** One's own stars by channel, null for a guest; and how to note a change. */
function useMyRatings() {
  const who = member.value?.username;
  const [mine, setMine] = useState(null);
  useEffect(() => {
    let current = true;
    const read = () => {
      if (!who || document.hidden) return;
      readMine(who).then((found) => current && setMine(found), () => current && setMine((known) => known ?? new Map()));
    };
    setMine(null);
    read();
    document.addEventListener("visibilitychange", read);
    return () => {
      current = false;
      document.removeEventListener("visibilitychange", read);
    };
  }, [who]);
  const note = (channel, stars) => setMine((known) => new Map(known).set(channel, stars));
  return [who ? mine : null, note];
}

async function readMine(username) {
  const mine = new Map();
  for (let cursor = ""; cursor !== null; ) {
    const query = new URLSearchParams({ username, limit: "100", ...(cursor && { cursor }) });
    const { data } = await call("GET", `/api/analytics?${query}`);
    for (const { channel, stars } of data.items) mine.set(channel, stars);
    cursor = data.next;
  }
  return mine;
}

function Heading() {
  return html`
    <header class="analytics-head">
      <div>
        <h1>The parks in numbers</h1>
        <p class="muted">What visitors think of each channel. The numbers move as stars come in.</p>
      </div>
      <a class="button button-small button-quiet" href=${`${ORIGIN}${SUMMARY}?format=csv`} download="frostbyte-analytics.csv">Download CSV</a>
    </header>
  `;
}

function Totals({ total }) {
  const facts = [
    ["Average stars", total.average === null ? "–" : total.average.toFixed(2)],
    ["Ratings", total.ratings.toLocaleString()],
    ["Reviews", total.reviews.toLocaleString()],
    ["Posts", total.posts.toLocaleString()],
  ];
  return html`
    <dl class="totals">
      ${facts.map(([label, value]) => html`<div key=${label}><dt>${label}</dt><dd>${value}</dd></div>`)}
    </dl>
  `;
}

function Charts({ section, items, total, chosen, onChoose }) {
  const one = items.find(({ channel }) => channel === chosen);
  const name = one?.name ?? "All channels";
  const { histogram, trend, ratings } = one ?? total;
  return html`
    <section ref=${section} class="charts" aria-label="Charts" tabindex="-1">
      <div class="charts-scope">
        <label for="charts-of">Charts of</label>
        <select id="charts-of" value=${one ? chosen : ""} onChange=${(event) => onChoose(event.target.value)}>
          <option value="">All channels</option>
          ${items.map(({ channel, name: label }) => html`<option key=${channel} value=${channel}>${label}</option>`)}
        </select>
      </div>
      <div class="charts-row">
        <div class="panel">
          <h2>How many stars</h2>
          <p class="muted">${name}: ${ratings === 1 ? "1 rating" : `${ratings.toLocaleString()} ratings`}</p>
          <${Histogram} histogram=${histogram} label=${`Ratings by stars, ${name}`} />
        </div>
        <div class="panel">
          <h2>Month by month</h2>
          <ul class="legend" aria-hidden="true">
            <li><span class="legend-line"></span>Average stars</li>
            <li><span class="legend-bar"></span>Ratings</li>
          </ul>
          <${TrendChart} trend=${trend} title=${`Average stars and ratings of ${name} in the last twelve months`} />
        </div>
      </div>
    </section>
  `;
}
