// Follows imports under way. Every element with data-poll names its poll-status address; data-end says what happens at
// the end: reload (the page of the import), swap (a row of the list), toast (the gauge below the header).
const POLL_MS = 400, GAUGE_POLL_MS = 3_000, HIDDEN_POLL_MS = 5_000, MAX_BACKOFF_MS = 30_000, TIMEOUT_MS = 10_000;
const STEP_PERCENT = 25; // between two texts for screen readers

const part = (root, name) => root.querySelector(`[data-part="${name}"]`);

// --- asking ---------------------------------------------------------------------------------------

function sleep(ms) { // or until the network comes back
  return new Promise((wake) => {
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    function done() { clearTimeout(timer); removeEventListener("online", done); wake(); }
  });
}

function whileHidden(longest) { // until somebody looks, or so many ms are over
  if (!document.hidden) return null;
  return new Promise((go) => {
    const timer = longest && setTimeout(done, longest);
    document.addEventListener("visibilitychange", look);
    function look() { if (!document.hidden) done(); }
    function done() { clearTimeout(timer); document.removeEventListener("visibilitychange", look); go(); }
  });
}

function retryAfter(response) { // ms; the header holds seconds or a date
  const value = response.headers.get("Retry-After");
  if (!value) return 0;
  const seconds = Number(value);
  return Math.max(0, Number.isNaN(seconds) ? Date.parse(value) - Date.now() || 0 : seconds * 1_000);
}

async function ask(url) { // {progress} under way or full, {ended} with words, or {lost} with how long to wait
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    const wait = retryAfter(response);
    if ([429, 502, 503, 504].includes(response.status)) return { lost: true, wait };
    const answer = await response.json();
    // Its Retry-After is for programs; a page asks a little sooner, so that its bar moves every second.
    if (response.ok && answer.body?.importStatus === "ongoing") return { progress: answer.body.progress };
    if (response.ok && answer.body?.importStatus === "completed") return { progress: { stage: order.at(-1), percent: 100 }, ended: gettext("Completed.") };
    if (answer.success === false) return { ended: answer.description || gettext("This import has ended.") };
  } catch { /* no network, too slow, or no JSON */ }
  return { lost: true, wait: 0 };
}

async function follow(url, roots) {
  const isPage = roots.some((root) => root.dataset.end === "reload"), pace = isPage ? POLL_MS : GAUGE_POLL_MS;
  const seen = first(roots);
  let failures = 0, wait = pace / 2;
  for (;;) {
    await sleep(wait);
    await whileHidden(isPage ? HIDDEN_POLL_MS : 0); // the title of the import's own page tells from a hidden tab, too
    const { progress, ended, lost, wait: asked = 0 } = await ask(url);
    if (progress) advance(seen, progress, roots); // before the end, which leaves words of its own
    if (ended && end(url, roots, ended)) return;
    failures = lost || ended ? failures + 1 : 0;
    const backOff = Math.min(MAX_BACKOFF_MS, pace * 2 ** failures) * (0.75 + Math.random() / 2);
    wait = Math.max(asked, failures ? backOff : pace);
    for (const root of roots) tellLost(root, lost ? wait : 0);
  }
}

// --- showing --------------------------------------------------------------------------------------

const order = [...document.querySelectorAll("[data-stage]")].map((line) => line.dataset.stage);

function first(roots) {
  const stageNow = roots.find((root) => root.dataset.stageNow)?.dataset.stageNow;
  const shown = Math.max(...roots.map((root) => gaugeOf(root).value));
  const startsIn = roots.find((root) => root.dataset.startsIn)?.dataset.startsIn;
  const startsAt = startsIn == null ? null : performance.now() + startsIn * 1_000;
  return { stage: Math.max(0, order.indexOf(stageNow)), percent: shown, processed: 0, spoken: shown, position: Infinity, startsAt };
}

function gaugeOf(root) { return root.matches("progress") ? root : part(root, "gauge"); }

function advance(seen, progress, roots) { // a number once shown never falls, even if a worker had to start over
  const stage = Math.max(seen.stage, order.indexOf(progress.stage));
  const isNewStage = stage > seen.stage;
  if (isNewStage) seen.processed = 0;
  seen.percent = Math.max(seen.percent, progress.percent ?? 0);
  if (order[stage] === progress.stage || !order.length) {
    seen.processed = Math.max(seen.processed, progress.processed ?? 0);
    seen.total = progress.total;
    // Polls do not tell when a waiting import starts: the page's estimate holds as long as another is ahead.
    const hasEstimate = progress.stage === "queued" && progress.queuePosition > 0 && seen.startsAt != null;
    seen.eta = hasEstimate ? Math.max(1, (seen.startsAt - performance.now()) / 1_000) : progress.etaSeconds;
  }
  const isWaiting = progress.stage === "queued" && progress.queuePosition != null; // how many go before, so 0 is next
  seen.position = isWaiting ? Math.min(seen.position, progress.queuePosition + 1) : 0;
  seen.stage = stage;
  for (const root of roots) show(root, seen, progress.stages ?? []);
  if (isNewStage || seen.percent >= Math.floor(seen.spoken / STEP_PERCENT) * STEP_PERCENT + STEP_PERCENT) speak(roots, seen);
}

function show(root, seen, taken) {
  const gauge = gaugeOf(root);
  gauge.value = seen.percent;
  gauge.textContent = `${seen.percent} %`;
  if (part(root, "left")) part(root, "left").textContent = left(seen);
  if (root.dataset.end === "reload") showPanel(root, seen, taken);
  else if (part(root, "big")) part(root, "big").textContent = `${seen.percent} %`;
}

function showPanel(root, seen, taken) {
  root.dataset.stageNow = order[seen.stage];
  const label = labelOf(seen);
  part(root, "stage").textContent = label;
  const [big, small] = seen.position ? [grouped(seen.position), filled(gettext("{ending} in the queue"), { ending: ordinalEnding(seen.position) })] : [seen.percent, "%"];
  part(root, "big").replaceChildren(String(big), element("small", small));
  part(root, "counts").replaceChildren(...counts(seen));
  document.title = `${seen.percent} %, ${label} · ${document.title.split(" · ").at(-1)}`;
  root.querySelectorAll("[data-stage]").forEach((line, index) => showStage(line, index - seen.stage, seen, taken));
}

function showStage(line, distance, seen, taken) {
  const [place, icon, words] = distance < 0 ? ["was", "check", gettext("done")] : distance ? ["", "circle-dashed", gettext("pending")] : ["now", "loader", gettext("now")];
  const hasJustPassed = distance < 0 && line.classList.contains("now");
  line.className = place;
  if (distance) line.removeAttribute("aria-current");
  else line.setAttribute("aria-current", "step");
  const svg = line.querySelector("svg"), use = svg.querySelector("use");
  svg.setAttribute("aria-label", words);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`));
  const seconds = taken.find(({ name }) => name === line.dataset.stage)?.seconds;
  const note = line.querySelector(".n");
  if (distance < 0 && seconds != null) note.textContent = spent(seconds);
  else if (hasJustPassed || distance > 0) note.textContent = "";
  else if (!distance) note.textContent = nowNote(seen);
}

const labelOf = (seen) => document.querySelector(`[data-stage="${order[seen.stage]}"] > span`).textContent;

function nowNote({ position, processed, total }) {
  if (position) return position > 1 ? filled(gettext("{count} ahead of yours"), { count: grouped(position - 1) }) : gettext("next");
  return total ? filled(gettext("{part} of {whole}"), { part: grouped(processed), whole: grouped(total) }) : "";
}

function counts({ position, processed, total }) {
  if (position > 1) return [element("span", filled(ngettext("{count} import ahead of yours", "{count} imports ahead of yours", position - 1), { count: grouped(position - 1) }), "dim")];
  if (position) return [element("span", gettext("starts next"), "dim")];
  return total ? [element("span", grouped(processed), "n"), " ", element("span", filled(ngettext("of {total} score", "of {total} scores", total), { total: grouped(total) }), "dim")] : [];
}

function left({ eta, position }) {
  if (eta == null) return "";
  return filled(position ? gettext("starts in about {eta}") : gettext("about {eta} left"), { eta: about(eta) });
}

function speak(roots, seen) {
  seen.spoken = seen.percent;
  const lines = roots.map((root) => part(root, "spoken")).filter(Boolean);
  if (!lines.length) return;
  const place = filled(seen.position ? gettext("number {number} in the queue") : gettext("{number} percent"), { number: seen.position || seen.percent });
  const clauses = [labelOf(seen), place, ...(seen.eta == null || seen.position ? [] : [left(seen)])].join(gettext(", "));
  for (const line of lines) line.textContent = filled(gettext("{text}."), { text: clauses });
}

function tellLost(root, wait) {
  const line = part(root, "lost");
  if (!line) return;
  line.hidden = !wait;
  line.querySelector("span").textContent = wait ? filled(gettext("No answer from the server. Asking again in {wait}; the import goes on."), { wait: about(wait / 1_000) }) : "";
}

function element(name, text, className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

// The same words as imports/pages/texts/formatting.py.
const inSeconds = (seconds) => filled(gettext("{seconds} s"), { seconds });

function about(seconds) {
  if (seconds < 10) return inSeconds(Math.max(1, Math.round(seconds)));
  if (seconds < 58) return inSeconds(Math.ceil(Math.round(seconds) / 5) * 5);
  if (seconds < 3_570) return filled(gettext("{minutes} min"), { minutes: Math.max(1, Math.round(seconds / 60)) });
  return filled(gettext("{hours} h"), { hours: Math.round(seconds / 3_600) });
}

function spent(seconds) {
  if (seconds < 9.95) return inSeconds(seconds.toFixed(1));
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  if (whole < 60) return inSeconds(whole);
  return filled(whole % 60 ? gettext("{minutes} min {seconds} s") : gettext("{minutes} min"), { minutes, seconds: whole % 60 });
}

const ordinals = new Intl.PluralRules(document.documentElement.lang || "en", { type: "ordinal" });
function ordinalEnding(number) { // as Django's `ordinal`
  return { one: gettext("st"), two: gettext("nd"), few: gettext("rd") }[ordinals.select(number)] ?? gettext("th");
}

// --- ending ---------------------------------------------------------------------------------------

function end(url, roots, words) { // whether it may stop asking
  const page = roots.find((root) => root.dataset.end === "reload");
  if (page) return loadAnew(url, page, words);
  for (const root of roots) (root.dataset.end === "swap" ? swap : toast)(root, words);
  return true;
}

function loadAnew(url, root, words) { // once: a page that still shows progress afterwards is not loaded in a circle
  const key = `ended ${url}`;
  try {
    if (Date.now() - Number(sessionStorage.getItem(key)) < TIMEOUT_MS) return false;
    sessionStorage.setItem(key, Date.now());
  } catch { /* no storage: the wait before the first question is the only brake */ }
  part(root, "spoken").textContent = words;
  location.reload();
  return true;
}

async function swap(row) {
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const page = response?.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  const fresh = page?.getElementById(row.id);
  if (!fresh) { // it has left this page of the list
    part(row, "left").textContent = gettext("finished");
    return;
  }
  row.replaceWith(fresh);
  if (fresh.dataset.poll) follow(fresh.dataset.poll, [fresh]); // the page was a moment behind
  fresh.dispatchEvent(new CustomEvent("content", { bubbles: true }));
  for (const next of page.querySelectorAll(".runs > li[id]")) catchUp(next);
}

function catchUp(next) { // rows that waited too far behind to be asked about
  const shown = document.getElementById(next.id);
  const state = (row) => row.querySelector(".state")?.textContent;
  if (!shown || shown.dataset.poll || (state(shown) === state(next) && !next.dataset.poll)) return;
  shown.replaceWith(next);
  if (next.dataset.poll) follow(next.dataset.poll, [next]);
  next.dispatchEvent(new CustomEvent("content", { bubbles: true }));
}

function toast(gauge, words) {
  const box = element("div", "", "toast"), link = element("a", gettext("Show it"), "btn small");
  link.href = gauge.dataset.url;
  box.append(element("span", filled(gettext("{name}: {words}"), { name: gauge.dataset.name, words })), link);
  document.getElementById("toasts").append(box);
  gauge.remove();
}

const watched = Map.groupBy(document.querySelectorAll("[data-poll]"), (root) => root.dataset.poll);
for (const [url, roots] of watched) follow(url, roots);
