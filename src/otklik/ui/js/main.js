// The entry: htmx and the small behaviours, each bound to data-* attributes; no words live here.
import htmx from "htmx.org";

import { start as assigning } from "./assigning.js";
import { start as clocks } from "./clocks.js";
import { start as combobox } from "./combobox.js";
import { start as composer } from "./composer.js";
import { start as copying } from "./copying.js";
import { start as dialogs } from "./dialogs.js";
import { csrf } from "./dom.js";
import { start as drafts } from "./drafts.js";
import { start as eraser } from "./eraser.js";
import { start as filling } from "./filling.js";
import { start as folding } from "./folding.js";
import { start as forms } from "./forms.js";
import { start as keys } from "./keys.js";
import { start as list } from "./list.js";
import { start as live } from "./live.js";
import { start as matrix } from "./matrix.js";
import { start as measures } from "./measures.js";
import { start as palette } from "./palette.js";
import { start as reporting } from "./reporting.js";
import { start as survey } from "./survey.js";
import { start as theme } from "./theme.js";
import { start as toasts } from "./toasts.js";
import { start as uploads } from "./uploads.js";
import { start as wholedrafts } from "./wholedrafts.js";

window.htmx = htmx;
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrf();
});
for (const behaviour of [measures, clocks, keys, dialogs, list, palette, composer, drafts, uploads, eraser]) behaviour();
for (const behaviour of [toasts, live, theme, matrix, combobox, forms, copying]) behaviour();
for (const behaviour of [reporting, wholedrafts, survey, folding, filling, assigning]) behaviour();
