// Drafts: in this browser at once, on the server each five seconds and when the field is left.
import { calm, clockTime, csrf, each, fill, memory } from "./dom.js";

const LOCAL = 800;
const REMOTE = 5000;

export function start() {
  each("[data-draft]", keep);
}

function keep(field) {
  const form = field.form;
  const box = field.closest("[data-draft-key]");
  if (!form || !box?.dataset.draftKey) return;
  const name = `draft:${box.dataset.draftKey}:${form.dataset.panel ?? field.name}`;
  const url = form.dataset.draftUrl ?? box.dataset.draftUrl;
  restore(field, name);
  let sent = field.value;
  const say = () => {
    const place = box.querySelector("[data-draft-state]");
    if (place) place.textContent = fill(box.dataset.saved, { time: clockTime() });
  };
  const remote = calm(async () => {
    if (!url || sent === field.value) return;
    const text = field.value;
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "X-CSRFToken": csrf() },
        body: new URLSearchParams({ mode: form.dataset.panel ?? "reply", text }),
        keepalive: text.length < 30_000,
      });
      if (!answer.ok) return;
      sent = text;
      if (field.value === text) memory.drop(name);
      say();
    } catch {
      // no connection: the copy in this browser stays
    }
  }, REMOTE);
  const local = calm(() => {
    if (memory.set(name, field.value) && !url) say();
    remote();
  }, LOCAL);
  field.addEventListener("input", local);
  field.addEventListener("blur", () => sent !== field.value && (memory.set(name, field.value), remote()));
  form.addEventListener("submit", () => {
    local.cancel();
    remote.cancel();
    sent = field.value;
    memory.drop(name);
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === form && !event.detail.successful) memory.set(name, field.value);
  });
}

function restore(field, name) {
  const kept = memory.get(name);
  if (kept && kept !== field.value && field.value === field.defaultValue) field.value = kept;
}
