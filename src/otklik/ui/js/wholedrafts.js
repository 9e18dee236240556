// A whole form as a draft: in this browser at once, on the server each five seconds; the newer one is restored.
import { calm, clockTime, csrf, each, fill, memory } from "./dom.js";

const LOCAL = 800;
const REMOTE = 5000;
const OWN = new Set(["csrfmiddlewaretoken", "service"]); // never restored from this browser
const GROWN = new Set(["files", "cc"]); // lists that only the server draws again

export function start() {
  each("form[data-form-draft]", keep);
  each("[data-drop-draft]", (element) => memory.drop(`draft:${element.dataset.dropDraft}`));
}

function keep(form) {
  const name = `draft:${form.dataset.draftKey}`;
  restore(form, name);
  let sent = plain(form).toString();
  const say = () => {
    const place = form.querySelector("[data-draft-state]");
    if (place) place.textContent = fill(form.dataset.saved, { time: clockTime() });
  };
  const remote = calm(async () => {
    const body = plain(form);
    if (body.toString() === sent) return;
    try {
      const answer = await fetch(form.dataset.formDraft, { method: "POST", headers: { "X-CSRFToken": csrf() }, body });
      if (!answer.ok) return;
      sent = body.toString();
      say();
    } catch {
      // no connection: the copy in this browser stays
    }
  }, REMOTE);
  const local = calm(() => {
    const fields = [...plain(form)].filter(([field]) => !GROWN.has(field));
    memory.set(name, JSON.stringify({ at: new Date().toISOString(), fields }));
  }, LOCAL);
  const changed = () => (local(), remote());
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", () => remote.cancel());
}

// What a draft holds: no files themselves, no token.
function plain(form) {
  const kept = new URLSearchParams();
  for (const [field, value] of new FormData(form))
    if (typeof value === "string" && field !== "csrfmiddlewaretoken") kept.append(field, value);
  return kept;
}

function restore(form, name) {
  if (form.querySelector("[aria-invalid], .summary")) return; // the server has just answered with what was sent
  let kept;
  try {
    kept = JSON.parse(memory.get(name) ?? "null");
  } catch {
    return;
  }
  if (!kept?.fields || (form.dataset.savedAt && kept.at <= form.dataset.savedAt)) return;
  for (const [field, value] of kept.fields) {
    if (OWN.has(field)) continue;
    const control = form.elements[field];
    if (control instanceof RadioNodeList || control) control.value = value;
    if (control instanceof HTMLInputElement && control.type === "radio") control.checked = control.value === value;
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}
