/** The trend over the months. The library for it comes only when a chart is shown; the table beside it always works. */
import { useEffect, useRef, useState } from "preact/hooks";
import { monthName, trendSeries } from "../feed/analytics.js";
import { html } from "../html.js";

const HEIGHT = 230;
const STYLES = "/static/vendor/uplot.css";

/** A chart of average stars and number of ratings, and the same as a table. */
export function TrendChart({ trend, title }) {
  const box = useRef(null);
  const failed = usePlot(box, trend);
  return html`
    <figure class="chart">
      <figcaption>${title}</figcaption>
      <div ref=${box} class="chart-plot" role="img" aria-label=${`${title}; the table below has the numbers.`}></div>
      ${failed && html`<p class="muted" role="status">The chart could not be loaded; the table has the numbers.</p>`}
      <details>
        <summary>Show as a table</summary>
        <${MonthTable} trend=${trend} title=${title} />
      </details>
    </figure>
  `;
}

function MonthTable({ trend, title }) {
  return html`
    <table class="months">
      <caption class="visually-hidden">${title}</caption>
      <thead>
        <tr><th scope="col">Month</th><th scope="col">Average</th><th scope="col">Ratings</th></tr>
      </thead>
      <tbody>
        ${trend.map(
          ({ month, average, ratings }) => html`
            <tr key=${month}><th scope="row">${monthName(month)}</th><td>${average?.toFixed(2) ?? "–"}</td><td>${ratings}</td></tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/** Draws into `box`, follows new numbers, the width and the theme; returns whether the library could not be had. */
function usePlot(box, trend) {
  const [failed, setFailed] = useState(false);
  const plot = useRef(null);
  const latest = useRef(trend);
  latest.current = trend;
  useEffect(() => {
    let stop = () => {};
    let gone = false;
    loadLibrary().then(
      (Plot) => {
        if (gone) return;
        plot.current = new Plot(optionsFor(Plot, box.current, latest), trendSeries(latest.current), box.current);
        stop = follow(plot.current, box.current);
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
      stop();
      plot.current?.destroy();
    };
  }, []);
  useEffect(() => plot.current?.setData(trendSeries(trend)), [trend]);
  return failed;
}

async function loadLibrary() {
  if (!document.querySelector(`link[href="${STYLES}"]`)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLES }));
  }
  return (await import("uplot")).default;
}

function follow(plot, box) {
  const redraw = () => plot.redraw();
  const resized = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
  const themed = new MutationObserver(redraw);
  const system = matchMedia("(prefers-color-scheme: dark)");
  resized.observe(box);
  themed.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  system.addEventListener("change", redraw);
  return () => {
    resized.disconnect();
    themed.disconnect();
    system.removeEventListener("change", redraw);
  };
}

/** Colours are asked for at each drawing: the theme may have changed. */
function optionsFor(Plot, box, trend) {
  const colour = (name) => () => getComputedStyle(box).getPropertyValue(name).trim();
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const months = (_, places) => places.map((place) => (trend.current[place] ? monthName(trend.current[place].month, { year: false }) : ""));
  return {
    width: box.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: (_, min, max) => [min - 0.6, max + 0.6] }, stars: { range: [0.9, 5.2] }, count: { range: countRange } },
    axes: [
      { ...axis, grid: { show: false }, values: months, size: 30, space: 34, incrs: [1, 2, 3, 4] },
      { ...axis, scale: "stars", splits: [1, 2, 3, 4, 5], size: 32 },
      { ...axis, scale: "count", side: 1, grid: { show: false }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10000, 100000], size: 46 },
    ],
    series: [
      {},
      { scale: "count", fill: colour("--chart-bar"), width: 0, paths: Plot.paths.bars({ size: [0.62, 46] }), points: { show: false } },
      { scale: "stars", stroke: colour("--accent"), width: 2.5, points: { show: true, size: 8, fill: colour("--accent") } },
    ],
  };
}

function countRange(_, __, most) {
  return [0, Math.max(4, (most ?? 0) * 1.2)];
}
