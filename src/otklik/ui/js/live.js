// The live page: the stream names what changed, the panels that show it fetch themselves again.
// <section data-subject="ticket:17" hx-get="…" hx-trigger="refresh"> …
import { compare } from "./arrivals.js";
import { clockTime, csrf, fill, isTyping, on } from "./dom.js";

const TOGETHER = 120; // milliseconds in which several changes become one refresh
const PATIENCE = 4000; // a break shorter than this is not worth a word
const HEARTBEAT = 20_000;
const pending = new Set();
let timer = 0;
let broken = 0;
let typed = 0;

export function start() {
  const url = document.body.dataset.events;
  if (url) listen(url);
  on("click", "[data-reload]", () => location.reload());
  on("click", "[data-arrivals]", (event, line) => {
    line.hidden = true;
    window.htmx.trigger(document.querySelector(line.dataset.arrivals), "refresh");
  });
  window.addEventListener("offline", lost);
  window.addEventListener("online", found);
  document.addEventListener("input", () => (typed = Date.now()));
  beat();
  setInterval(beat, HEARTBEAT);
}

function listen(url) {
  const stream = new EventSource(url);
  stream.addEventListener("open", () => {
    document.body.classList.add("is-live");
    found();
  });
  stream.addEventListener("error", () => {
    if (!broken) broken = setTimeout(lost, PATIENCE);
    // a stream that the server closed for good (signed out, no right) is not opened again by the browser
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => listen(url), HEARTBEAT);
  });
  stream.addEventListener("reset", () => location.reload());
  for (const name of ["message", "change"])
    stream.addEventListener(name, (event) => {
      for (const subject of subjects(event.data)) pending.add(subject);
      timer ||= setTimeout(refresh, TOGETHER);
    });
}

function subjects(data) {
  try {
    const read = JSON.parse(data);
    return Array.isArray(read) ? read : (read.subjects ?? []);
  } catch {
    return data.split(/\s+/).filter(Boolean);
  }
}

function refresh() {
  timer = 0;
  for (const subject of pending)
    for (const panel of document.querySelectorAll(`[data-subject~="${CSS.escape(subject)}"]`)) renew(panel);
  pending.clear();
}

function renew(panel) {
  const line = document.querySelector(`[data-arrivals="#${CSS.escape(panel.id)}"]`);
  if (panel.id && line) {
    void compare(panel, line);
    return;
  }
  const focus = document.activeElement;
  const parts = [panel, ...(panel.dataset.also ? document.querySelectorAll(panel.dataset.also) : [])];
  if (parts.some((part) => part.contains(focus)) && isTyping(focus))
    focus.addEventListener("blur", () => window.htmx.trigger(panel, "refresh"), { once: true });
  else if (parts.some((part) => part.querySelector("details[data-menu][open]"))) setTimeout(() => renew(panel), 1000);
  else {
    keepPlace(parts, focus);
    window.htmx.trigger(panel, "refresh");
  }
}

// The focus and what was folded out are where they were after the swap.
function keepPlace(parts, focus) {
  const focused = parts.some((part) => part.contains(focus)) ? address(focus) : "";
  const opened = parts.flatMap((part) => [...part.querySelectorAll("details[open]")].map(whereabouts));
  const back = () => {
    for (const [id, at] of opened) document.getElementById(id)?.querySelectorAll("details")[at]?.setAttribute("open", "");
    if (focused && document.activeElement === document.body) document.querySelector(focused)?.focus({ preventScroll: true });
  };
  document.addEventListener("htmx:afterSettle", back, { once: true });
}

function address(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  for (const name of ["data-key", "href", "value", "data-opens", "aria-label"])
    if (element.hasAttribute(name)) return `${element.localName}[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  return "";
}

function whereabouts(details) {
  const home = details.parentElement.closest("[id]");
  return [home.id, [...home.querySelectorAll("details")].indexOf(details)];
}

function lost() {
  const banner = document.querySelector("[data-offline]");
  if (!banner?.hidden) return;
  banner.querySelector("[data-offline-text]").textContent = fill(banner.dataset.text, { time: clockTime() });
  banner.hidden = false;
  document.body.classList.add("is-offline");
}

function found() {
  clearTimeout(broken);
  broken = 0;
  const banner = document.querySelector("[data-offline]");
  if (banner) banner.hidden = true;
  document.body.classList.remove("is-offline");
}

// Presence: who looks at this, and who writes.
function beat() {
  const place = document.querySelector("[data-presence-url]");
  if (!place || document.hidden) return;
  const verb = Date.now() - typed < HEARTBEAT ? "writing" : "looking";
  fetch(place.dataset.presenceUrl, {
    method: "POST",
    headers: { "X-CSRFToken": csrf() },
    body: new URLSearchParams({ verb }),
  }).catch(() => {}); // the next beat says the same
}
