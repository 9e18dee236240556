// Paint over personal data: by dragging, or by keys (arrows move the frame, Shift and arrows size it, Enter paints).
const STEP = 12;

let finish = null;
let history = [];
let frame = null;
let scale = 1;
let name = "";

export function start() {
  const dialog = document.querySelector("[data-eraser]");
  if (!dialog) return;
  const canvas = dialog.querySelector("[data-canvas]");
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    from = place(canvas, event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    frame = between(from, place(canvas, event));
    draw(canvas);
  });
  canvas.addEventListener("pointerup", () => {
    from = null;
    paint(canvas);
  });
  canvas.addEventListener("keydown", (event) => keys(event, canvas));
  dialog.querySelector("[data-eraser-undo]").addEventListener("click", () => {
    if (history.length > 1) history.pop();
    draw(canvas);
  });
  dialog.querySelector("[data-eraser-cancel]").addEventListener("click", () => dialog.close());
  dialog.querySelector("[data-eraser-done]").addEventListener("click", () => {
    frame = null;
    draw(canvas);
    canvas.toBlob((blob) => {
      finish?.(new File([blob], name, { type: "image/png" }));
      finish = null;
      dialog.close();
    }, "image/png");
  });
  dialog.addEventListener("close", () => {
    finish?.(null);
    finish = null;
  });
}

/** Let a person paint over a picture; answers the painted file, or null if they turned back. */
export async function erase(file) {
  const dialog = document.querySelector("[data-eraser]");
  const canvas = dialog.querySelector("[data-canvas]");
  const picture = await createImageBitmap(file);
  canvas.width = picture.width;
  canvas.height = picture.height;
  history = [picture];
  frame = null;
  name = file.name.replace(/\.\w+$/, "") + ".png";
  draw(canvas);
  dialog.showModal();
  canvas.focus();
  scale = canvas.width / canvas.getBoundingClientRect().width;
  return new Promise((resolve) => (finish = resolve));
}

function draw(canvas) {
  const pen = canvas.getContext("2d");
  pen.drawImage(history[0], 0, 0);
  pen.fillStyle = "#142022";
  for (const one of history.slice(1)) pen.fillRect(one.x, one.y, one.w, one.h);
  if (!frame) return;
  pen.strokeStyle = "#c8342a";
  pen.lineWidth = 2 * scale;
  pen.strokeRect(frame.x, frame.y, frame.w, frame.h);
}

function paint(canvas) {
  if (frame && frame.w > 2 && frame.h > 2) history.push(frame);
  frame = null;
  draw(canvas);
}

function place(canvas, event) {
  const box = canvas.getBoundingClientRect();
  scale = canvas.width / box.width;
  return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
}

function between(a, b) {
  return { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), w: Math.abs(a.x - b.x), h: Math.abs(a.y - b.y) };
}

function keys(event, canvas) {
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  if (event.key === "Enter") paint(canvas);
  else if (step) {
    frame ??= { x: canvas.width / 4, y: canvas.height / 4, w: canvas.width / 4, h: canvas.height / 10 };
    const [x, y] = step.map((one) => one * STEP * scale);
    if (event.shiftKey) frame = { ...frame, w: Math.max(8, frame.w + x), h: Math.max(8, frame.h + y) };
    else frame = { ...frame, x: frame.x + x, y: frame.y + y };
    draw(canvas);
  } else return;
  event.preventDefault();
}
