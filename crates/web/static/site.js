// Small help for every page. Nothing here is needed: each page works without it.

// The visitor's time zone, so that dates can be shown in it too.
try {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes("zone=")) {
    document.cookie = `zone=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax`;
  }
} catch { /* an old browser: Beijing time only */ }

// After a third of a second without an answer, the button says that it is working.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter ?? form.querySelector("button.button");
    if (!button?.dataset.busy) return;
    setTimeout(() => {
      button.textContent = button.dataset.busy;
      button.disabled = true;
    }, 300);
  });
}

// Coming back to a page from the browser's memory must not find a dead button.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const b of document.querySelectorAll("button[disabled][data-busy]")) location.reload(b);
});

// Errors are read out and can be reached by key at once.
document.querySelector(".error-summary")?.focus();

// Printing is a button only where it works.
for (const b of document.querySelectorAll("[data-print]")) {
  b.hidden = false;
  b.addEventListener("click", () => window.print());
}


// Two minutes before the end of the session: is somebody there? Without this the page says until when.
const safe = document.querySelector("[data-safe]");
const soon = document.querySelector("dialog[data-soon]");
if (safe && soon?.showModal) {
  let end = Date.now() + Number(safe.dataset.safe) * 1000;
  setInterval(() => {
    if (!soon.open && Date.now() > end - 120000 && Date.now() < end) soon.showModal();
    if (soon.open && Date.now() >= end) soon.close();
  }, 5000);
  soon.querySelector("button").addEventListener("click", async () => {
    try {
      const answer = await fetch(safe.dataset.stay, { method: "POST" });
      if (answer.ok) end = Date.now() + Number(await answer.text()) * 1000;
    } catch { /* no line: the page says until when */ }
    soon.close();
  });
}
