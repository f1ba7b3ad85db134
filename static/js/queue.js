// Keeps the moderators' queue up to date: every few seconds, while somebody looks, until it is paused.
const button = document.querySelector("[data-live]");
const state = document.querySelector("[data-live-state]");
const words = document.querySelector("[data-live-words]");
const PERIOD_MS = Number(button.dataset.live) * 1_000;
let isPaused = false;

function tell(text, kind) {
  state.className = `state ${kind}`;
  const shown = state.querySelector("span");
  if (shown.textContent === text) return;
  shown.textContent = text;
  words.textContent = text; // a screen reader is told of changes only, not every few seconds
}

async function refresh() {
  if (isPaused || document.hidden) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (isPaused) return;
  if (!response?.ok || response.redirected) return tell(gettext("Not live"), "bad"); // the next time, perhaps
  tell(gettext("Live"), "run");
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelectorAll("[data-live-part]");
  const shown = document.querySelectorAll("[data-live-part]");
  if (fresh.length !== shown.length) return;
  const focused = document.getElementById("queue").contains(document.activeElement);
  if (focused) return; // what somebody is about to press must not be put in anew under the finger
  shown.forEach((part, index) => part.replaceWith(fresh[index]));
}

state.hidden = false;
button.hidden = false;
button.addEventListener("click", () => {
  isPaused = !isPaused;
  button.textContent = isPaused ? gettext("Resume") : gettext("Pause");
  if (isPaused) tell(gettext("Paused"), "off");
  refresh();
});
setInterval(refresh, PERIOD_MS);
