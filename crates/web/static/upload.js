// Photos: shrinks to 2000 px before sending and shows the bytes that were really sent.
// Without this file the form sends the photo as it is.

const EDGE_MAX = 2000;
const SMALL_ENOUGH = 600 * 1024;

async function shrink(file) {
  if (file.size <= SMALL_ENOUGH || !/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, EDGE_MAX / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.86));
    return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file; // The server has the last word on what it can read.
  }
}

// A page that says what is wrong: its content takes the place of ours.
function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const main = page.querySelector("main");
  if (!main) return location.reload();
  document.querySelector("main").replaceWith(document.adoptNode(main));
  document.title = page.title;
  start();
  (document.querySelector(".error-summary") ?? main).focus();
}

function send(form, data) {
  const box = form.querySelector("[data-progress]");
  const bar = box.querySelector("progress");
  const text = box.querySelector("[data-text]");
  const pattern = text.dataset.text;
  box.hidden = false;
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const kb = (bytes) => Math.ceil(bytes / 1024);
    bar.value = (100 * event.loaded) / event.total;
    text.textContent = pattern.replace("%s", kb(event.loaded)).replace("%t", kb(event.total));
  });
  request.addEventListener("load", () => {
    if (request.status >= 200 && request.status < 300) {
      location.assign(request.responseURL || form.action);
    } else {
      show(request.responseText);
    }
  });
  request.addEventListener("error", () => form.submit());
  request.open("POST", form.action);
  request.send(data);
}

function start() {
  for (const form of document.querySelectorAll("form[enctype='multipart/form-data']")) {
    const inputs = [...form.querySelectorAll("input[data-shrink]")];
    if (inputs.length === 0) continue;
    // Choosing a photo is the whole step: it is sent at once.
    for (const input of inputs) {
      input.addEventListener("change", () => input.files.length > 0 && form.requestSubmit());
    }
    form.addEventListener("submit", async (event) => {
      if (event.submitter?.name) return;
      event.preventDefault();
      const data = new FormData(form);
      for (const input of inputs) {
        data.delete(input.name);
        if (input.files.length > 0) data.append(input.name, await shrink(input.files[0]));
      }
      send(form, data);
    });
  }
}

start();
