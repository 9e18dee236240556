// Clocks tick between refreshes by the server's time; the server alone decides their colour.
import { each } from "./dom.js";

const STEP = 10_000;
const offsets = new WeakMap();

export function start() {
  each("[data-due]", (clock) => {
    offsets.set(clock, Date.parse(clock.dataset.now) - Date.now());
    tick(clock);
  });
  setInterval(() => document.querySelectorAll("[data-due]").forEach(tick), STEP);
}

function tick(clock) {
  const seconds = (Date.parse(clock.dataset.due) - Date.now() - (offsets.get(clock) ?? 0)) / 1000;
  const place = clock.querySelector("[data-left]");
  if (Number.isNaN(seconds) || !place) return;
  place.textContent = left(seconds);
  if (seconds < 0 && !clock.classList.contains("crit") && !clock.dataset.passed) {
    clock.dataset.passed = "yes"; // the moment has come: ask the server what it means
    const panel = clock.closest("[data-subject]");
    if (panel) window.htmx.trigger(panel, "refresh");
  }
}

/** The same words as wording.clock_left on the server. */
export function left(seconds) {
  const late = seconds < 0;
  const minutes = late ? Math.ceil(-seconds / 60) : Math.floor(seconds / 60);
  return `${late ? "\u2212" : ""}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
