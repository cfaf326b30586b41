// A region of a document image, drawn with the pointer: fills the field that data-region names,
// which can also be typed. Coordinates are thousandths of width and height.

function start(box) {
  const image = box.querySelector("img");
  const field = document.getElementById(box.dataset.region);
  if (!image || !field) return;
  let from = null;
  const at = (event) => {
    const r = image.getBoundingClientRect();
    const part = (v, size) => Math.round(Math.min(1, Math.max(0, v / size)) * 1000);
    return [part(event.clientX - r.left, r.width), part(event.clientY - r.top, r.height)];
  };
  const fill = ([x, y]) => {
    const [left, top] = [Math.min(x, from[0]), Math.min(y, from[1])];
    const [width, height] = [Math.abs(x - from[0]), Math.abs(y - from[1])];
    if (width < 10 || height < 10) return;
    field.value = [left, top, width, height].join(",");
    field.closest("details")?.setAttribute("open", "");
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
