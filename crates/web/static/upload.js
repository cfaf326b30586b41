// Photos: shrinks to 2000 px before sending, sends in parts of 256 KB that outlive a broken line,
// and shows the bytes that were really sent. Without this file the form sends the photo as it is.

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

const PART = 256 * 1024;
const TRIES_MAX = 8;
const hex = (buffer) => [...new Uint8Array(buffer)].map((b) => b.toString(16).padStart(2, "0")).join("");

// What has arrived stays: after a break, or with the same photo chosen again, only the rest is sent.
async function sendParts(form, file, show) {
  const path = form.action.split("?")[0];
  const way = form.action.includes("?") ? `&${form.action.split("?")[1]}` : "";
  const digest = hex(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const query = `?digest=${digest}&size=${file.size}`;
  const ask = async (address, options) => {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await fetch(address, options);
        if (answer.status < 500) return answer;
      } catch { /* no line: again below */ }
      if (tries === TRIES_MAX) throw new Error("no line");
      await new Promise((done) => setTimeout(done, Math.min(500 * 2 ** tries, 15000)));
    }
  };
  const answer = await ask(`${path}/parts${query}`);
  if (!answer.ok || answer.redirected) throw new Error("not here");
  const present = new Set(await answer.json());
  for (let part = 0; part * PART < file.size; part++) {
    show(Math.min(part * PART, file.size), file.size);
    if (present.has(part)) continue;
    const body = file.slice(part * PART, (part + 1) * PART);
    const taken = await ask(`${path}/parts/${part}${query}`, { method: "POST", body });
    if (!taken.ok || taken.redirected) throw new Error("not taken");
  }
  show(file.size, file.size);
  return ask(`${path}/whole${query}${way}`, { method: "POST" });
}

async function send(form, data, file) {
  const box = form.querySelector("[data-progress]");
  const bar = box.querySelector("progress");
  const text = box.querySelector("[data-text]");
  const pattern = text.dataset.text;
  box.hidden = false;
  const progress = (sent, all) => {
    const kb = (bytes) => Math.ceil(bytes / 1024);
    bar.value = (100 * sent) / all;
    text.textContent = pattern.replace("%s", kb(sent)).replace("%t", kb(all));
  };
  if (file && file.size > PART && globalThis.crypto?.subtle) {
    try {
      const answer = await sendParts(form, file, progress);
      if (answer.ok) return location.assign(answer.url);
      return show(await answer.text());
    } catch { /* in one piece then, as without this file */ }
  }
  const request = new XMLHttpRequest();
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    progress(event.loaded, event.total);
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
      // It goes at once when it is chosen; whoever presses the button as well sends nothing twice.
      const chosen = inputs.flatMap((input) => [...input.files]);
      const names = chosen.map((file) => [file.name, file.size, file.lastModified].join()).join();
      if (names && form.dataset.sending === names) return;
      form.dataset.sending = names;
      const data = new FormData(form);
      let file;
      for (const input of inputs) {
        data.delete(input.name);
        if (input.files.length === 0) continue;
        file = await shrink(input.files[0]);
        data.append(input.name, file);
      }
      send(form, data, file);
    });
  }
}

start();

// Back from the next page, the same photo may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});
