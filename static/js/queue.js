// Keeps the moderators' queue up to date: every few seconds, while somebody looks, until it is paused.
const button = document.querySelector("[data-live]");
const PERIOD = Number(button.dataset.live) * 1_000; // ms
let isPaused = false;

async function refresh() {
  if (isPaused || document.hidden) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (!response?.ok || response.redirected || isPaused) return; // the next time, perhaps
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelectorAll("[data-live-part]");
  const shown = document.querySelectorAll("[data-live-part]");
  if (fresh.length !== shown.length) return;
  const focused = document.getElementById("queue").contains(document.activeElement);
  if (focused) return; // what somebody is about to press must not be put in anew under the finger
  shown.forEach((part, index) => part.replaceWith(fresh[index]));
}

button.hidden = false;
button.addEventListener("click", () => {
  isPaused = !isPaused;
  button.textContent = isPaused ? "Resume" : "Pause";
  refresh();
});
setInterval(refresh, PERIOD);
