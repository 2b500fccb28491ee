/** The state of the page in its address: `#explore?optim.lr=0.5&seed=2&epoch=50`. */

const PAUSE = 250;
let waiting = null;
let written = null;

/** The open tab and its parameters, as the address has them. */
export function address() {
  const [tab, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  return { tab, parameters: new URLSearchParams(query) };
}

/** Puts a tab and its parameters (those that are null are left out) into the address, a moment later. */
export function remember(tab, parameters = {}) {
  const kept = Object.entries(parameters).filter(([, value]) => value !== null && value !== "");
  const query = new URLSearchParams(kept).toString();
  const hash = `#${tab}${query ? `?${query}` : ""}`;
  clearTimeout(waiting);
  // Browsers refuse to hear of more than some hundred addresses a minute.
  waiting = setTimeout(() => {
    if (hash === location.hash) return;
    written = hash;
    // A frame whose page stands in an attribute has no address to change.
    if (location.protocol !== "about:") history.replaceState(null, "", hash);
  }, PAUSE);
}

/** Calls `listener` when somebody else changes the address. */
export function onAddress(listener) {
  addEventListener("hashchange", () => {
    if (location.hash !== written) listener();
  });
}
