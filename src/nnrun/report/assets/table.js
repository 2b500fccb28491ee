/** The table of all runs: sorted by any column, filtered by words and comparisons, a small picture in each row. */

import { axes, content, runs } from "./data.js";
import { badge, element } from "./dom.js";
import { filterOf } from "./filter.js";
import { count, number } from "./format.js";
import { thumbnail } from "./thumbnail.js";

const MOST_METRICS = 4;
const WIDEST = 28;
/** Pixels of a row, which page.css sets too: only rows in sight, and some around them, are there. */
const ROW = 63;
const AROUND = 8;
const PRINTED = 200;

/** Fills `place`; `open` shows a run by its place, `changed` is told of {sort, filter}. */
export function fillTable(place, open, changed) {
  const columns = columnsOf();
  const view = { sort: "", filter: "" };
  let order = [];
  const made = new Map();
  const search = element("input", { type: "search", placeholder: "Filter: diverged  lr>0.1  train/loss<0.01", "aria-label": "Filter runs", spellcheck: "false" });
  const told = element("p", { class: "muted small", role: "status" });
  const body = element("tbody");
  const heads = columns.map((column) => headOf(column, () => sortBy(column)));
  const widths = columns.map((column) => element("col", { style: `width:${column.width}ch` }));
  const table = element("table", { style: `min-width:${columns.reduce((sum, column) => sum + column.width, 0)}ch` }, element("colgroup", {}, ...widths), element("thead", {}, element("tr", {}, ...heads)), body);
  const scroll = element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table of runs" }, table);
  place.append(element("div", { class: "head" }, search, told), scroll);

  function apply({ sort, filter }) {
    Object.assign(view, { sort, filter });
    if (search.value !== filter) search.value = filter;
    const keep = filterOf(filter);
    order = ordered(columns, sort).filter((index) => keep(runs[index]));
    heads.forEach((head, index) => head.setAttribute("aria-sort", sortOf(columns[index].key, sort)));
    table.setAttribute("aria-rowcount", order.length + 1);
    told.textContent = order.length === runs.length ? `${count(order.length)} runs` : `${count(order.length)} of ${count(runs.length)} runs`;
    scroll.scrollTop = 0;
    fill();
    changed(view);
  }

  /** Puts the rows that are in sight into the table, or the first ones of all for paper. */
  function fill(all = false) {
    const first = all ? 0 : Math.max(0, Math.floor(scroll.scrollTop / ROW) - AROUND);
    const last = all ? PRINTED : first + Math.ceil((scroll.clientHeight || innerHeight) / ROW) + 2 * AROUND;
    const shown = order.slice(first, last);
    const spacer = (rows) => element("tr", { "aria-hidden": "true", class: "spacer", style: `height:${rows * ROW}px` });
    const rows = shown.map((index, at) => {
      if (!made.has(index)) made.set(index, rowOf(index, columns, open));
      made.get(index).setAttribute("aria-rowindex", first + at + 2);
      return made.get(index);
    });
    const rest = Math.max(0, order.length - first - shown.length);
    const held = body.contains(document.activeElement) ? document.activeElement : null;
    body.replaceChildren(...(first ? [spacer(first)] : []), ...rows, ...(rest && !all ? [spacer(rest)] : []));
    if (held?.isConnected) held.focus({ preventScroll: true });
  }

  function sortBy(column) {
    const first = column.better === "greater" ? `-${column.key}` : column.key;
    const second = first.startsWith("-") ? column.key : `-${column.key}`;
    apply({ ...view, sort: view.sort === first ? second : first });
  }

  let waiting = false;
  scroll.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      fill();
    });
  });
  addEventListener("resize", () => fill());
  addEventListener("beforeprint", () => fill(true));
  addEventListener("afterprint", () => fill());
  search.addEventListener("input", () => apply({ ...view, filter: search.value }));
  apply(view);
  return { apply, refresh: () => fill(), shown: () => order };
}

function columnsOf() {
  const { name, greater } = content.objective;
  const metrics = [...new Set(runs.flatMap((run) => Object.keys(run.numbers)))].filter((key) => key.includes("/") && key !== name);
  metrics.sort((a, b) => b.endsWith("/loss") - a.endsWith("/loss"));
  const numeric = (key, title, value, better) => ({ key, title, value, text: (run) => number(value(run)), numeric: true, better });
  const columns = [
    { key: "run", title: "Run", value: (run) => run.label, text: (run) => run.label },
    ...axes.filter((axis) => axis.key !== "run").map((axis) => {
      const index = axes.indexOf(axis);
      return { key: axis.key, title: axis.name, value: (run) => run.place[index], text: (run) => axis.values[run.place[index]], numeric: axis.numbers !== null };
    }),
    { key: "status", title: "Status", value: (run) => run.status, text: (run) => run.status, status: true },
    ...(name ? [numeric("objective", name, (run) => run.objective, greater ? "greater" : "less")] : []),
    ...metrics.slice(0, MOST_METRICS).map((key) => numeric(key, key, (run) => run.numbers[key] ?? null)),
    { ...numeric("epochs", "epochs", (run) => run.numbers.epochs), text: (run) => (run.numbers.epochs === null ? "–" : count(run.numbers.epochs)) },
  ];
  const widest = (column) => runs.reduce((most, run) => Math.max(most, column.text(run).length), column.title.length + 2);
  return [{ key: "fit", title: "Fit", picture: true, width: 15 }, ...columns.map((column) => ({ ...column, width: Math.min(WIDEST, widest(column)) + 4 }))];
}

function headOf(column, sort) {
  if (column.picture) return element("th", { scope: "col", class: "picture", text: column.title });
  return element("th", { scope: "col", class: column.numeric ? "numeric" : "" }, element("button", { type: "button", text: column.title, on: { click: sort } }));
}

function rowOf(index, columns, open) {
  const run = runs[index];
  const cells = columns.map((column) => {
    if (column.picture) return element("td", { class: "picture" }, thumbnail(run, run.label));
    if (column.key === "run") return element("td", {}, element("button", { type: "button", class: "link", text: run.label, title: run.label }));
    if (column.status) return element("td", {}, badge(run.status));
    const text = column.text(run);
    return element("td", { class: column.numeric ? "numeric" : "", text, title: text.length > WIDEST ? text : null });
  });
  return element("tr", { on: { click: () => open(index) } }, ...cells);
}

/** Places of runs by a column, `-key` the other way round; runs without a value come last. */
function ordered(columns, sort) {
  const places = [...runs.keys()];
  const falling = sort.startsWith("-");
  const column = columns.find(({ key }) => key === (falling ? sort.slice(1) : sort));
  if (!column || column.picture) return places;
  const values = runs.map(column.value);
  const collator = new Intl.Collator("en", { numeric: true });
  const missing = (value) => value === null || value === undefined;
  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b));
  return places.sort((a, b) => {
    if (missing(values[a]) || missing(values[b])) return missing(values[a]) - missing(values[b]) || a - b;
    return (falling ? -1 : 1) * compare(values[a], values[b]) || a - b;
  });
}

function sortOf(key, sort) {
  if (sort === key) return "ascending";
  return sort === `-${key}` ? "descending" : "none";
}
