// Replaces one region of the page instead of the whole page.
//
// <a data-swap="case" href="…"> or <form data-swap="case">: the answer's element with
// id="case" takes the place of ours. Focus stays where it was, or goes to [data-focus]; what
// [data-announce] says is read out. Anything unexpected falls back to plain navigation.

const voice = document.createElement("div");
voice.className = "hidden";
voice.setAttribute("role", "status");
document.body.append(voice);

async function swap(id, url, options, isStep) {
  const old = document.getElementById(id);
  old?.setAttribute("aria-busy", "true");
  let next, title, address, hasMoved;
  try {
    const answer = await fetch(url, { ...options, headers: { accept: "text/html" } });
    address = answer.url;
    hasMoved = answer.redirected;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    next = page.getElementById(id);
    title = page.title;
  } catch { /* below */ }
  if (!old || !next) {
    // After a POST only a redirect may be opened again; anything else would send twice.
    if (hasMoved || !options?.method) location.assign(address ?? url);
    else location.reload();
    return;
  }
  const focused = document.activeElement?.id;
  old.replaceWith(document.adoptNode(next));
  document.title = title;
  if (isStep) history.pushState({}, "", address);
  (next.querySelector("[data-focus]") ?? document.getElementById(focused) ?? next).focus?.();
  voice.textContent = next.querySelector("[data-announce]")?.textContent ?? title;
  document.dispatchEvent(new CustomEvent("swapped", { detail: next }));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  swap(link.dataset.swap, link.href, undefined, true);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset?.swap) return;
  event.preventDefault();
  const data = new FormData(form, event.submitter);
  const action = event.submitter?.getAttribute("formaction") ?? form.action;
  if (form.method === "get") {
    swap(form.dataset.swap, `${action}?${new URLSearchParams(data)}`, undefined, true);
  } else {
    const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
    swap(form.dataset.swap, action, { method: "POST", body }, true);
  }
});

window.addEventListener("popstate", () => location.reload());
