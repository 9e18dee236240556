// Files by paste, drag or pick. Each is sent at once with its progress; only its id travels with the form.
import { clockTime, csrf, fill, on } from "./dom.js";
import { erase } from "./eraser.js";

export function start() {
  on("change", "[data-upload] [data-pick]", (event, input) => {
    if (take(input.closest("[data-upload]"), [...input.files])) input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const zone = event.target.closest?.("[data-upload]") ?? document.querySelector("[data-upload]");
    if (!files.length || !zone) return;
    event.preventDefault();
    take(zone, files.map((file) => named(file, zone)));
  });
  for (const type of ["dragenter", "dragover"])
    on(type, "[data-upload]", (event, zone) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  on("dragleave", "[data-upload]", (event, zone) => zone.contains(event.relatedTarget) || zone.classList.remove("over"));
  on("drop", "[data-upload]", (event, zone) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(zone, [...event.dataTransfer.files]);
  });
  on("click", "[data-upload] [data-remove]", (event, button) => {
    const thumb = button.closest(".thumb");
    thumb.request?.abort();
    thumb.remove();
  });
}

// A picture from the clipboard has no name of its own.
function named(file, zone) {
  if (file.name && file.name !== "image.png") return file;
  const name = `${fill(zone.dataset.pasted, { time: clockTime().replace(":", "-") })}.png`;
  return new File([file], name, { type: file.type });
}

function take(zone, files) {
  if (!zone.dataset.uploadUrl) return false;
  const list = zone.querySelector("[data-panel]:not([hidden]) [data-thumbs]") ?? zone.querySelector("[data-thumbs]");
  for (const file of files) {
    const thumb = draw(zone, list, file);
    if (list.querySelectorAll("[data-file-id]").length > Number(zone.dataset.maxFiles)) fail(thumb, zone.dataset.tooMany);
    else if (file.size > Number(zone.dataset.maxBytes)) fail(thumb, zone.dataset.tooBig);
    else send(zone, thumb, file);
  }
  return true;
}

function draw(zone, list, file) {
  const thumb = zone.querySelector("template[data-thumb]").content.firstElementChild.cloneNode(true);
  thumb.querySelector("[data-file-name]").textContent = file.name;
  thumb.querySelector("[data-progress]").setAttribute("aria-label", fill(zone.dataset.uploading, { name: file.name }));
  for (const button of thumb.querySelectorAll("[data-label]"))
    button.setAttribute("aria-label", fill(button.dataset.label, { name: file.name }));
  if (file.type.startsWith("image/")) {
    picture(thumb, file);
    const button = thumb.querySelector("[data-erase]");
    button.hidden = !document.querySelector("[data-eraser]");
    button.addEventListener("click", async () => {
      const painted = await erase(thumb.file ?? file, button);
      if (!painted) return;
      thumb.request?.abort();
      picture(thumb, painted);
      send(zone, thumb, painted);
    });
  }
  list.append(thumb);
  return thumb;
}

function picture(thumb, file) {
  const image = new Image();
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.onload = () => URL.revokeObjectURL(image.src);
  thumb.querySelector("[data-pic]").replaceChildren(image);
}

function fail(thumb, words) {
  const place = thumb.querySelector("[data-file-error]");
  place.textContent = words;
  place.hidden = false;
  thumb.classList.add("bad");
  thumb.querySelector("[data-progress]").hidden = true;
  thumb.querySelector("[data-percent]").textContent = "";
}

function send(zone, thumb, file) {
  const request = new XMLHttpRequest();
  const bar = thumb.querySelector("[data-progress]");
  const percent = thumb.querySelector("[data-percent]");
  const id = thumb.querySelector("[data-file-id]");
  const body = new FormData();
  body.append("file", file, file.name);
  if (id.value) body.append("replaces", id.value); // the unpainted picture must go
  id.removeAttribute("name");
  thumb.file = file;
  thumb.request = request;
  thumb.classList.remove("bad");
  thumb.querySelector("[data-file-error]").hidden = true;
  thumb.querySelector("[data-resume]").hidden = true;
  bar.hidden = false;
  request.upload.onprogress = (event) => {
    bar.value = event.lengthComputable ? Math.round((100 * event.loaded) / event.total) : 0;
    percent.textContent = `${bar.value}\u00a0%`;
  };
  request.onload = () => {
    const answer = read(request.responseText);
    if (request.status >= 400) return fail(thumb, answer.error ?? zone.dataset.refused);
    bar.hidden = true;
    percent.textContent = "";
    id.name = zone.dataset.name;
    id.value = answer.id;
    id.dispatchEvent(new Event("change", { bubbles: true }));
  };
  request.onerror = () => {
    fail(thumb, fill(zone.dataset.broken, { percent: bar.value }));
    const again = thumb.querySelector("[data-resume]");
    again.hidden = false;
    again.onclick = () => send(zone, thumb, file);
  };
  request.open("POST", zone.dataset.uploadUrl);
  request.setRequestHeader("X-CSRFToken", csrf());
  request.send(body);
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
