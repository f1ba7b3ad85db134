// What any page may hold: toasts to dismiss, text to copy, boxes to count.
document.addEventListener("click", async (event) => {
  event.target.closest("[data-dismiss]")?.closest(".toast").remove();

  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const source = document.getElementById(copy.dataset.copy);
    const label = copy.querySelector("span");
    copy.dataset.label ??= label.textContent;
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      label.textContent = gettext("Copied");
    } catch { // refused, or no https: leave it marked, ready for the keyboard
      getSelection().selectAllChildren(source);
      label.textContent = gettext("Marked, press Ctrl+C");
    }
    setTimeout(() => { label.textContent = copy.dataset.label; }, 4000);
  }
});

for (const bar of document.querySelectorAll("[data-chosen]")) {
  const form = bar.closest("form");
  const every = () => [...form.querySelectorAll(".box[name]")];
  const count = () => {
    const boxes = every(), chosen = boxes.filter((box) => box.checked).length;
    for (const all of form.querySelectorAll("[data-choose-all]")) {
      all.checked = chosen > 0 && chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
    }
    bar.hidden = chosen === 0;
    bar.querySelector("[data-chosen-count]").textContent = filled(ngettext("{count} selected", "{count} selected", chosen), { count: grouped(chosen) });
    bar.querySelector("[data-chosen-button]").textContent = filled(ngettext("Revert {count}…", "Revert {count}…", chosen), { count: grouped(chosen) });
  };
  form.addEventListener("change", ({ target }) => {
    if (target.matches("[data-choose-all]")) for (const box of every()) box.checked = target.checked;
    count();
  });
  form.addEventListener("content", count); // a row that ended was put in anew
  form.addEventListener("reset", () => setTimeout(count));
  addEventListener("pageshow", count); // the browser may restore boxes when the reader comes back
}

// A link can be handed to another program where the browser can do that. Elsewhere the address of the page itself is
// copied; a button for another address stays hidden, as that one is there to be copied.
const offerSharing = () => {
  for (const share of document.querySelectorAll("[data-share]")) {
    share.hidden = !navigator.share && (share.dataset.share !== "" || !navigator.clipboard);
  }
};
offerSharing();
document.addEventListener("content", offerSharing); // of a dialog
document.addEventListener("click", async (event) => {
  const share = event.target.closest("[data-share]");
  if (!share) return;
  try {
    if (navigator.share) await navigator.share({ title: document.title, url: share.dataset.share });
    else {
      await navigator.clipboard.writeText(location.href);
      const label = share.querySelector("span");
      share.dataset.label ??= label.textContent;
      label.textContent = gettext("Link copied");
      setTimeout(() => { label.textContent = share.dataset.label; }, 4000);
    }
  } catch { /* the reader thought better of it, or refused */ }
});

// What takes longer than a moment says so: the button that was pressed turns, and a word is spoken. A second press does nothing.
const MOMENT_MS = 400;
const working = new Set();

function busy(control) {
  working.add(control);
  setTimeout(() => {
    if (!working.has(control)) return;
    control.setAttribute("aria-busy", "true");
    const note = document.createElement("div");
    note.className = "toast";
    note.dataset.working = "";
    note.textContent = gettext("Still working…");
    document.getElementById("toasts")?.append(note);
  }, MOMENT_MS);
}

function idle() {
  for (const control of working) control.removeAttribute("aria-busy");
  working.clear();
  for (const note of document.querySelectorAll("[data-working]")) note.remove();
}

addEventListener("submit", (event) => { // last of all listeners: what another script does itself was prevented by then
  const button = event.submitter;
  if (event.defaultPrevented || !button) return;
  if (working.has(button)) event.preventDefault();
  else busy(button);
});
document.addEventListener("busy", (event) => busy(event.target)); // dialog.js
document.addEventListener("idle", idle);
addEventListener("pageshow", idle);

// Days that a filter names are days of the reader's own zone.
for (const field of document.querySelectorAll("[data-time-zone]")) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone;
