// A link with data-dialog leads to a page that asks or offers something. Here that is shown in a dialog instead; whatever
// goes wrong, the link still leads to the page.
async function fetchForm(url) {
  const response = await fetch(url, { headers: { Accept: "text/html" } });
  if (!response.ok || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector("[data-dialog-form]");
}

function show(form) {
  const dialog = document.createElement("dialog");
  const heading = form.querySelector("h1");
  const title = document.createElement("h2"); // the page below has its h1 already
  title.append(...heading.childNodes);
  title.id = heading.id;
  title.tabIndex = -1;
  title.autofocus = true;
  heading.replaceWith(title);

  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", title.id);
  form.classList.remove("dialog", "page");
  const body = form.querySelector(".dialog-body");
  body.tabIndex = 0; // it scrolls, so keys must reach it
  body.setAttribute("role", "group");
  body.setAttribute("aria-labelledby", title.id);
  dialog.append(form);
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) {
      event.preventDefault();
      dialog.close();
    }
  });
  dialog.showModal();
  title.focus();
  dialog.dispatchEvent(new CustomEvent("content", { bubbles: true }));
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.dataset.asked) return;
  link.dataset.asked = "yes";
  link.dispatchEvent(new CustomEvent("busy", { bubbles: true }));
  const form = await fetchForm(link.href).catch(() => null);
  delete link.dataset.asked;
  link.dispatchEvent(new CustomEvent("idle", { bubbles: true }));
  if (form) show(form);
  else location.assign(link.href);
});

document.addEventListener("submit", (event) => { // one press, one revert
  if (!event.target.matches("[data-dialog-form]")) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-dialog-form]")) delete form.dataset.sent;
});
