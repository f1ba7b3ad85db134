// Starts the download of a tool's file. Then waits for its first score: the page is asked again every few seconds, and put
// in anew once something came.
const PERIOD = 3_000; // ms

async function look() {
  const shown = document.querySelector("[data-connection]");
  if (document.hidden) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" }).catch(() => null);
  if (!response?.ok || response.redirected) return; // the next time, perhaps
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-connection]");
  // While nothing has come, the page stays as it is: only the first answer shows the token.
  if (!fresh || fresh.dataset.connection === shown.dataset.connection) return;
  if (fresh.dataset.connection === "working") {
    clearInterval(timer);
    shown.replaceWith(fresh);
    fresh.querySelector("h1").focus();
    return;
  }
  // A score that failed is told above what is entered in the tool, which stays to be compared.
  shown.dataset.connection = fresh.dataset.connection;
  shown.querySelector("h1").replaceWith(fresh.querySelector("h1"));
  shown.querySelector(".head").after(fresh.querySelector(".notice"));
}

// An attachment: the page stays. Not before it is complete, as a submission ends what is still being loaded.
addEventListener("load", () => document.querySelector("form[data-start]")?.requestSubmit());
const timer = setInterval(look, PERIOD);
if (document.querySelector("[data-connection]").dataset.connection === "working") clearInterval(timer);
