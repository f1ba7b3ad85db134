// The upload form, made comfortable: a file that is dropped anywhere on the page, or chosen, is checked at once, and the page
// tells how far that is. Without this the same form posts. Its answer to `Accept: application/json` is {"url"} or {"description"}.
const FIRST_POLL_MS = 700, POLL_MS = 500, MAX_TRIES = 10; // until a check is first asked for, and between two times; where the server is busy
const SENDING = gettext("Uploading"), CHECKING = gettext("Checking the file");
const form = document.querySelector("form[data-upload]");
const input = form?.querySelector("[data-drop] input[type=file]");
if (input) prepare();

function fileSize(count) { // as imports/pages/texts/formatting.py
  if (count < 1_000) return filled(gettext("{size} B"), { size: count });
  if (count < 999_500) return filled(gettext("{size} KB"), { size: Math.round(count / 1_000) });
  return filled(gettext("{size} MB"), { size: Number((count / 1_000_000).toFixed(1)) });
}

function newName() { // 32 hexadecimal digits; randomUUID is only there with https
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function prepare() {
  const drop = form.querySelector("[data-drop]");
  const [picked, doing, counts, error, gauge, unchecked] = ["picked", "doing", "counts", "error", "sending", "unchecked"].map(
    (name) => form.querySelector(`[data-${name}]`));
  const limit = Number(form.dataset.maxBytes);
  const title = document.title;
  let request = null, timer = 0, tries = 0;

  // --- saying ---------------------------------------------------------------------------------------

  const complain = (message) => {
    error.hidden = !message;
    error.querySelector("span").textContent = message;
    drop.classList.toggle("bad", Boolean(message));
  };

  const say = (words, percent, many = "") => { // no words: nothing is being done
    doing.textContent = words;
    counts.textContent = many;
    counts.hidden = !many;
    gauge.hidden = !words;
    gauge.setAttribute("aria-label", words || SENDING);
    if (percent == null) gauge.removeAttribute("value");
    else gauge.value = percent;
    document.title = words ? `${words} · ${title}` : title;
    for (const button of form.querySelectorAll("button")) button.disabled = Boolean(words);
  };

  const fits = () => {
    const file = input.files[0];
    const tooLarge = file && file.size > limit;
    picked.hidden = !file;
    picked.textContent = file ? `${file.name}, ${fileSize(file.size)}` : "";
    complain(tooLarge ? filled(gettext("The file is larger than {limit}. Nothing was uploaded."), { limit: fileSize(limit) }) : "");
    return Boolean(file) && !tooLarge;
  };

  // --- sending and checking --------------------------------------------------------------------------

  const send = (submitter = null) => {
    letGo();
    const data = new FormData(form, submitter), name = newName();
    data.set("progress", name);
    const sent = request = new XMLHttpRequest(); // fetch cannot tell how much has been sent
    request.open("POST", form.action);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.loaded < event.total) say(SENDING, (event.loaded / event.total) * 100);
    });
    request.upload.addEventListener("load", () => {
      say(CHECKING, null);
      timer = setTimeout(look, FIRST_POLL_MS, sent, name);
    });
    request.addEventListener("load", () => finish(sent, submitter));
    request.addEventListener("error", () => stop(gettext("The connection broke off. Nothing was imported; try again.")));
    say(SENDING, 0);
    request.send(data);
  };

  const look = async (sent, name) => { // how far the check is: only told where it takes a while
    const response = await fetch(`${form.dataset.checking}${name}/`, { cache: "no-store" }).catch(() => null);
    const { processed, total } = (response?.ok && (await response.json().catch(() => null))) || {};
    if (sent !== request || sent.readyState === XMLHttpRequest.DONE) return;
    if (total) say(CHECKING, (processed / total) * 100, filled(ngettext("{processed} of {total} row", "{processed} of {total} rows", total), { processed: grouped(processed), total: grouped(total) }));
    timer = setTimeout(look, POLL_MS, sent, name);
  };

  const letGo = () => {
    clearTimeout(timer);
    const old = request;
    request = null;
    old?.abort();
  };

  const stop = (message) => {
    clearTimeout(timer);
    say("");
    complain(message);
  };

  const finish = (sent, submitter) => {
    const { status, response } = sent;
    if (sent !== request) return;
    clearTimeout(timer);
    const wait = Number(sent.getResponseHeader("Retry-After"));
    if (status === 503 && wait && (tries += 1) < MAX_TRIES) {
      say(gettext("Waiting for a turn to check it"), null);
      timer = setTimeout(send, wait * 1_000, submitter);
      return;
    }
    tries = 0;
    if (status >= 200 && status < 300 && response?.url) return location.assign(response.url);
    if (unchecked) unchecked.hidden = !response?.unchecked;
    if (response?.asks) form.elements[response.asks]?.focus(); // it is chosen there, and the file checked again
    if (response?.description) stop([response.description, response.code].filter(Boolean).join(" "));
    else if (status === 413) stop(filled(gettext("The server takes files up to {limit}. Nothing was imported."), { limit: fileSize(limit) }));
    else stop(filled(gettext("The server could not take it ({status}). Nothing was imported; try again."), { status }));
  };

  // --- choosing -------------------------------------------------------------------------------------

  const chosen = () => {
    letGo();
    say("");
    if (fits()) send();
  };

  input.addEventListener("change", chosen);
  for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => { if (input.files.length) chosen(); });
  form.addEventListener("submit", (event) => {
    const isPasted = [...form.querySelectorAll("textarea")].some((text) => text.value.trim());
    if (!input.files.length && !isPasted) return; // nothing: the server says so
    event.preventDefault();
    complain("");
    if (isPasted || fits()) send(event.submitter);
  });

  const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0; // dragenter and dragleave also come from every element on the way
  addEventListener("dragenter", (event) => {
    if (carriesFile(event)) { depth += 1; document.body.classList.add("over"); }
  });
  addEventListener("dragleave", (event) => {
    if (carriesFile(event)) { depth = Math.max(0, depth - 1); document.body.classList.toggle("over", depth > 0); }
  });
  addEventListener("dragover", (event) => { if (carriesFile(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    depth = 0;
    document.body.classList.remove("over");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  });
  addEventListener("pageshow", (event) => { // come back to, with the file still chosen
    if (event.persisted) say("");
    fits();
  });
}
