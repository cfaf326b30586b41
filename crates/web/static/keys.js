// Keyboard shortcuts: any element with data-key="r" is pressed by that key.
// Off while a text field has focus and until the person turns them on (kept per browser).

const STORE = "keys";
const isOn = () => localStorage.getItem(STORE) === "on";
const isText = (e) => e?.matches?.("input:not([type=radio],[type=checkbox]), textarea, select");

function show() {
  for (const box of document.querySelectorAll("[data-keys-switch]")) {
    box.hidden = false;
    box.setAttribute("aria-pressed", String(isOn()));
  }
  document.documentElement.toggleAttribute("data-keys-on", isOn());
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-keys-switch]")) return;
  localStorage.setItem(STORE, isOn() ? "off" : "on");
  show();
});

document.addEventListener("keydown", (event) => {
  if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || isText(event.target)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const cycle = document.querySelector(`[data-cycle="${CSS.escape(key)}"]`);
  if (cycle) {
    const picks = [...cycle.querySelectorAll("input[type=radio]")];
    const next = picks[(picks.findIndex((pick) => pick.checked) + 1) % picks.length];
    event.preventDefault();
    next.click();
    return next.focus();
  }
  const note = key === "n" && document.querySelector("textarea[name=note]");
  if (note) {
    event.preventDefault();
    return note.focus();
  }
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  const found = [...document.querySelectorAll("[data-key]")].find((e) => e.dataset.key === key);
  if (!found) return;
  event.preventDefault();
  if (isText(found)) found.focus();
  else if (found.requestSubmit) found.requestSubmit();
  else found.click();
});

// Up and down in a list of cases.
function move(step) {
  const links = [...document.querySelectorAll("tbody th a")];
  links[Math.max(0, links.indexOf(document.activeElement) + step)]?.focus();
}

document.addEventListener("swapped", show);
show();
