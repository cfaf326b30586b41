// A region of a document image, drawn with the pointer: fills the four fields of the form, which
// can also be typed or chosen. Coordinates are thousandths of width and height.

function start(box) {
  const image = box.querySelector("img");
  const form = document.getElementById(box.dataset.region);
  if (!image || !form) return;
  const fields = ["left", "top", "right", "bottom"].map((n) => form.elements[`region-${n}`]);
  if (fields.some((field) => !field)) return;
  let from = null;
  const at = (event) => {
    const r = image.getBoundingClientRect();
    const part = (v, size) => Math.round(Math.min(1, Math.max(0, v / size)) * 1000);
    return [part(event.clientX - r.left, r.width), part(event.clientY - r.top, r.height)];
  };
  const fill = ([x, y]) => {
    const corners = [Math.min(x, from[0]), Math.min(y, from[1]), Math.max(x, from[0]), Math.max(y, from[1])];
    corners.forEach((value, i) => (fields[i].value = value));
    fields[0].dispatchEvent(new Event("input", { bubbles: true }));
  };
  image.draggable = false;
  image.addEventListener("pointerdown", (event) => {
    from = at(event);
    image.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  image.addEventListener("pointermove", (event) => from && fill(at(event)));
  image.addEventListener("pointerup", (event) => {
    if (from) fill(at(event));
    from = null;
  });
}

const startAll = () => document.querySelectorAll("[data-region]").forEach(start);
document.addEventListener("swapped", startAll);
startAll();
