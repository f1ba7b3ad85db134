// The upload form, made comfortable: drop a file anywhere on the page, see its name and size, watch it being sent.
// Without this the same form posts. Its answer to `Accept: application/json` is {"url"} or {"description"}.
const form = document.querySelector("form[data-upload]");
const input = form?.querySelector("[data-drop] input[type=file]");
if (input) prepare();

function fileSize(count) { // as imports/pages/words.py
  if (count < 1_000) return `${count} B`;
  return count < 999_500 ? `${Math.round(count / 1_000)} KB` : `${Number((count / 1_000_000).toFixed(1))} MB`;
}

function prepare() {
  const drop = form.querySelector("[data-drop]");
  const picked = drop.querySelector("[data-picked]");
  const error = drop.querySelector("[data-error]");
  const gauge = drop.querySelector("[data-sending]");
  const limit = Number(form.dataset.maxBytes);
  let request = null;

  const complain = (message) => {
    error.hidden = !message;
    error.querySelector("span").textContent = message;
    drop.classList.toggle("bad", Boolean(message));
  };

  const fits = () => {
    const file = input.files[0];
    const tooLarge = file && file.size > limit;
    picked.hidden = !file;
    picked.textContent = file ? `${file.name}, ${fileSize(file.size)}` : "";
    complain(tooLarge ? `This file is larger than ${fileSize(limit)}. Nothing was sent.` : "");
    return !tooLarge;
  };

  const busy = (isBusy) => {
    gauge.hidden = !isBusy;
    for (const button of form.querySelectorAll("button")) button.disabled = isBusy;
  };

  const send = (submitter) => {
    const data = new FormData(form, submitter);
    request = new XMLHttpRequest(); // fetch cannot tell how much has been sent
    request.open("POST", form.action);
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) gauge.value = (event.loaded / event.total) * 100;
    });
    request.addEventListener("load", () => finish(request));
    request.addEventListener("error", () => stop("The connection broke off. Nothing was imported; try again."));
    request.addEventListener("abort", () => stop(""));
    gauge.value = 0;
    busy(true);
    request.send(data);
  };

  const stop = (message) => {
    busy(false);
    complain(message);
  };

  const finish = ({ status, response }) => {
    if (status >= 200 && status < 300 && response?.url) location.assign(response.url);
    else if (response?.description) stop(response.description);
    else if (status === 413) stop(`The server takes files up to ${fileSize(limit)}. Nothing was imported.`);
    else stop(`The server could not take it (${status}). Nothing was imported; try again.`);
  };

  input.addEventListener("change", fits);
  form.addEventListener("submit", (event) => {
    if (!input.files.length) return; // pasted text, or nothing: the server answers with a page
    event.preventDefault();
    if (fits()) send(event.submitter);
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
    if (request && request.readyState !== XMLHttpRequest.DONE) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  });
  addEventListener("pageshow", (event) => { if (event.persisted) busy(false); });
  fits();
}
