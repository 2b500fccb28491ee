/** Numbers and texts as people read them, and as plotly may be given them. */

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** A number with three significant digits: 0.00377, 1.20×10⁻³⁰; a dash for none. */
export function number(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 5) {
    return value.toFixed(Math.max(0, digits - 1 - power)).replace("-", "−");
  }
  return `${mantissa.replace("-", "−")}×10${[...String(power)].map((sign) => RAISED[sign]).join("")}`;
}

/** A count with separators. */
export function count(value) {
  return value.toLocaleString("en");
}

/** A count with its noun: 1 run, 2 runs. */
export function counted(value, noun) {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Seconds as a duration. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 120) return `${number(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Text for plotly, which reads tags and entities in every label. */
export function plain(text) {
  return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** The value in the middle of numbers, missing ones being worse than all others; null where it is missing. */
export function median(values, greater) {
  if (!values.length) return null;
  const score = (value) => (value === null ? Infinity : greater ? -value : value);
  const sorted = values.map(score).sort((a, b) => a - b);
  const middle = (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
  return Number.isFinite(middle) ? (greater ? -middle : middle) : null;
}
