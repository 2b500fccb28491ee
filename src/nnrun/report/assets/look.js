/** Colours: the page's own, light or dark, for the pictures in it. */

const CHOICES = ["auto", "light", "dark"];
const NAMES = { auto: "as the system", light: "light", dark: "dark" };
const SIGNS = { auto: "◐", light: "○", dark: "●" };
/** Hues that colour-blind readers can tell apart. */
export const GROUPS = 7;
const listeners = [];
let chosen = "auto";

/** The value of a colour of page.css, such as `model`. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** `count` colours: a ramp for what has an order, else hues that colour-blind readers can tell apart. */
export function colours(count, ordered) {
  if (!ordered && count <= GROUPS) return Array.from({ length: count }, (_, index) => colour(`group-${index + 1}`));
  const stops = [1, 2, 3, 4].map((stop) => channels(colour(`ramp-${stop}`)));
  return Array.from({ length: count }, (_, index) => {
    const place = count > 1 ? (index / (count - 1)) * (stops.length - 1) : 0;
    const low = Math.min(Math.floor(place), stops.length - 2);
    const mixed = stops[low].map((channel, at) => Math.round(channel + (stops[low + 1][at] - channel) * (place - low)));
    return `rgb(${mixed.join(",")})`;
  });
}

/** Calls `listener` whenever colours have changed. */
export function onLook(listener) {
  listeners.push(listener);
}

/** The button that goes from the system's colours to light and dark ones. */
export function startLook(button) {
  const show = () => {
    document.documentElement.dataset.look = chosen;
    button.textContent = `${SIGNS[chosen]} ${chosen}`;
    button.setAttribute("aria-label", `Colours: ${NAMES[chosen]}`);
  };
  button.addEventListener("click", () => {
    chosen = CHOICES[(CHOICES.indexOf(chosen) + 1) % CHOICES.length];
    show();
    changed();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  // Paper is white.
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.look = "light";
    changed();
  });
  addEventListener("afterprint", () => {
    show();
    changed();
  });
  show();
}

function changed() {
  for (const listener of listeners) listener();
}

function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
