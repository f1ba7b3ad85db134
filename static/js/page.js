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
    bar.querySelector("[data-chosen-count]").textContent = filled(ngettext("{count} chosen", "{count} chosen", chosen), { count: grouped(chosen) });
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
