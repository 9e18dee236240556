// Panes that fold: "[" the side bar, "]" the pane beside the list; kept in this browser. On a phone the pane is a sheet.
import { memory, on } from "./dom.js";

const narrow = matchMedia("(max-width: 760px)");

export function start() {
  const app = document.querySelector(".app");
  if (!app) return;
  for (const name of ["side", "aside"]) app.classList.toggle(`no-${name}`, memory.get(`fold:${name}`) === "yes");
  on("click", "[data-folds]", (event, opener) => {
    const name = opener.dataset.folds;
    if (name === "aside" && narrow.matches) {
      const shown = app.classList.toggle("with-aside");
      (shown ? document.querySelector("#side") : document.querySelector("[data-folds=aside][data-key]"))?.focus();
      return;
    }
    if (app.classList.toggle(`no-${name}`)) memory.set(`fold:${name}`, "yes");
    else memory.drop(`fold:${name}`);
  });
}
