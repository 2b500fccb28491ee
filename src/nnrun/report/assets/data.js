/** The page's data: runs, the axes on which they differ, and arrays that are decoded when they are asked for. */

export const content = JSON.parse(document.getElementById("data").textContent);
export const runs = content.runs;
export const axes = content.axes;

const decoded = new Map();
let halves = null;

/** The array at `place` as {shape, values}; null where there is none. */
export function array(place) {
  if (place === undefined || place === null) return null;
  if (!decoded.has(place)) {
    const [kind, shape, text] = content.arrays[place];
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const values = kind === "u1" ? bytes : kind === "f2" ? widened(new Uint16Array(bytes.buffer)) : new Float32Array(bytes.buffer);
    decoded.set(place, { shape, values });
  }
  return decoded.get(place);
}

/** One row of a two-dimensional array. */
export function row(matrix, index) {
  return matrix.values.subarray(index * matrix.shape[1], (index + 1) * matrix.shape[1]);
}

/** One column of a two-dimensional array. */
export function column(matrix, index) {
  const [rows, columns] = matrix.shape;
  return Float32Array.from({ length: rows }, (_, at) => matrix.values[at * columns + index]);
}

/** An array of plots.npz of a run, by its name there. */
export function plotted(run, name) {
  return array(run.plots[name]);
}

/** A column of metrics.csv of a run; null where it has none. */
export function measured(run, name) {
  const found = array(run.curves[name]);
  return found && found.values;
}

/** The values of a run on the axes, such as [["lr", "0.5"], ["seed", "2"]]. */
export function settings(run) {
  return axes.map((axis, index) => [axis.name, axis.values[run.place[index]]]);
}

/** What a run was trained on, by label. */
export function factsOf(run) {
  return content.facts[run.facts];
}

/** The name of an input, an output or a class of a run: of `features`, `targets` or `classes`; `otherwise` without one. */
export function nameOf(run, part, index, otherwise) {
  return content.names[run.names][part][index] ?? otherwise;
}

/** The place of the axis that goes by this key, short or as it stands in a configuration; -1 for none. */
export function axisNamed(name) {
  const found = axes.findIndex((axis) => axis.key === name || `${axis.key}.name` === name);
  return found >= 0 ? found : axes.findIndex((axis) => axis.name === name);
}

/** Whether all runs are judged by the same thing, so that their objectives can be compared. */
export const comparable = content.objective.others === 0;

/** A run in a few words: where it stands on the axes, else what it is called. */
export function caption(run) {
  return axes.length ? settings(run).map(([name, value]) => `${name}=${value}`).join(" ") : run.label;
}

/** Numbers of 16 bits as numbers of 32. */
function widened(bits) {
  if (!halves) halves = Float32Array.from({ length: 65536 }, (_, code) => half(code));
  return Float32Array.from(bits, (code) => halves[code]);
}

function half(code) {
  const sign = code & 0x8000 ? -1 : 1;
  const exponent = (code >> 10) & 31;
  const fraction = (code & 1023) / 1024;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction) * 2 ** (exponent - 15) : fraction * 2 ** -14);
}
