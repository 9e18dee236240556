// A score from a letter: the page tells which link it came by, and sends the score on the first gesture of a person.
import { each } from "./dom.js";

const GESTURES = ["pointerdown", "keydown", "touchstart"];

export function start() {
  each("form[data-survey][data-by-gesture]", (form) => {
    const score = new FormData(form).get("score");
    tell(form.dataset.openings, { score }).catch(() => {}); // without it the button still works
    const first = async (event) => {
      if (!event.isTrusted) return;
      for (const gesture of GESTURES) removeEventListener(gesture, first, true);
      if (event.target.closest?.("form[data-survey] button, form[data-survey] .rate")) return; // the button or another score
      const answer = await tell(form.action, { score, by: "gesture" }).catch(() => null);
      form.querySelector("[data-survey-state]").textContent = answer?.ok ? form.dataset.kept : form.dataset.ask;
    };
    for (const gesture of GESTURES) addEventListener(gesture, first, true);
  });
}

function tell(url, values) {
  return fetch(url, { method: "POST", body: new URLSearchParams(values) }); // the address holds the secret: no token
}
