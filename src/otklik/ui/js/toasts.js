// Done, with undo for eight seconds; the time stands still while a pointer or the focus is on it.
import { each, on } from "./dom.js";
import { bind } from "./keys.js";

const LIFE = 8000;

/** Say something: text, undo address, seconds to live. */
export function toast({ text, undo = "", seconds = LIFE / 1000 }) {
  const made = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  made.querySelector("[data-toast-text]").textContent = text;
  made.dataset.seconds = seconds;
  if (undo) {
    made.dataset.undoUrl = undo;
    made.querySelector("[data-toast-undo]").hidden = false;
  }
  document.querySelector("[data-toasts]").append(made);
  live(made);
}

export function start() {
  each("[data-toasts] [data-toast]", live);
  on("click", "[data-toast-close]", (event, button) => button.closest("[data-toast]").remove());
  on("click", "[data-toast-undo]", (event, button) => undo(button.closest("[data-toast]")));
  bind("KeyZ", () => {
    const last = [...document.querySelectorAll("[data-toast][data-undo-url]")].pop();
    return last ? undo(last) : false;
  });
  // A response may carry HX-Trigger: {"toast": {"text": …, "undo": …, "seconds": …}}.
  document.addEventListener("toast", (event) => toast(event.detail));
  const failed = () => {
    const text = document.querySelector("[data-toasts]")?.dataset.failed;
    if (text) toast({ text });
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
}

function undo(element) {
  const url = element.dataset.undoUrl;
  element.remove();
  if (url) window.htmx.ajax("POST", url, { swap: "none" });
}

function live(element) {
  if (element.dataset.living) return;
  element.dataset.living = "yes";
  let rest = (Number(element.dataset.seconds) || LIFE / 1000) * 1000;
  let since = Date.now();
  let timer = setTimeout(() => element.remove(), rest);
  const stop = () => {
    clearTimeout(timer);
    rest -= Date.now() - since;
  };
  const go = () => {
    since = Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => element.remove(), Math.max(rest, 1000));
  };
  element.addEventListener("mouseenter", stop);
  element.addEventListener("mouseleave", go);
  element.addEventListener("focusin", stop);
  element.addEventListener("focusout", go);
}
