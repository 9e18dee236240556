// The composer has two modes; the whole box changes, and each mode keeps its own draft and its own files.
import { on } from "./dom.js";

export function start() {
  on("click", "[data-composer] [role=tab]", (event, tab) => show(tab.closest("[data-composer]"), tab.dataset.mode));
  on("keydown", "[data-composer] [role=tab]", (event, tab) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = tab.parentElement.querySelector("[role=tab][aria-selected=false]");
    if (other) show(tab.closest("[data-composer]"), other.dataset.mode, other);
  });
  document.addEventListener("htmx:beforeRequest", (event) => busy(event.detail.elt, true));
  document.addEventListener("htmx:afterRequest", (event) => busy(event.detail.elt, false));
}

function show(composer, mode, focus = null) {
  composer.dataset.mode = mode;
  composer.classList.toggle("is-note", mode === "note");
  for (const tab of composer.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.mode === mode;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  for (const panel of composer.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== mode;
  (focus ?? composer.querySelector(`[data-panel="${mode}"] textarea`))?.focus();
}

// A reply that is on its way must not leave twice.
function busy(form, on) {
  if (!form.closest?.("[data-composer]")) return;
  for (const button of form.querySelectorAll("[data-send]")) button.disabled = on;
}
