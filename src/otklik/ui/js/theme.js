// The theme is painted at once; the server keeps it in a cookie.
import { on } from "./dom.js";

export function start() {
  on("submit", "[data-theme-switch]", (event, form) => {
    event.preventDefault();
    const chosen = event.submitter?.value ?? "";
    if (chosen) document.documentElement.dataset.theme = chosen;
    else delete document.documentElement.dataset.theme;
    for (const button of form.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.value === chosen));
    const body = new FormData(form);
    body.set("theme", chosen);
    fetch(form.action, { method: "POST", body, redirect: "manual" });
  });
}
