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

// Shows where a value was read: a box on the photo while [data-spot] "photo:left,top,width,height"
// has the focus or the pointer.
let box = null;
function spot(event) {
  box?.remove();
  const of = (node) => node?.closest?.("[data-spot]");
  const link = of(event.target) ?? of(document.activeElement);
  if (!link) return;
  const [key, place] = link.dataset.spot.split(":");
  const photo = document.querySelector(`[data-photo="${key}"]`);
  const image = photo?.querySelector("img");
  if (!image) return;
  let [x, y, w, h] = place.split(",").map(Number);
  for (let n = Number(photo.dataset.turns); n > 0; n--) [x, y, w, h] = [1000 - y - h, x, h, w];
  const [wide, high] = [image.offsetWidth / 1000, image.offsetHeight / 1000];
  box = document.createElement("i");
  box.className = "box";
  box.style.left = `${image.offsetLeft + x * wide}px`;
  box.style.top = `${image.offsetTop + y * high}px`;
  box.style.width = `${w * wide}px`;
  box.style.height = `${h * high}px`;
  photo.append(box);
  photo.scrollTo({ left: image.offsetLeft + x * wide - 40, top: image.offsetTop + y * high - 40 });
}
document.addEventListener("focusin", spot);
document.addEventListener("pointerover", spot);

const startAll = () => document.querySelectorAll("[data-region]").forEach(start);
document.addEventListener("swapped", startAll);
startAll();
