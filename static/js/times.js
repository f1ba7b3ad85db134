// Writes every <time data-time="ms"> in the reader's zone. The server's text, in UTC, stays if this does not run.
// data-form: moment (in a sentence), full (to the second), short (in lists), day, clock.
const LANGUAGE = document.documentElement.lang || "en";
// The page's language, in the reader's own kind of it (en-US, pt-BR) if there is one.
const LOCALE = navigator.languages.find((own) => own.split("-")[0] === LANGUAGE.split("-")[0]) ?? (LANGUAGE === "en" ? "en-GB" : LANGUAGE);
const DAY = 86_400_000;
const format = (parts) => new Intl.DateTimeFormat(LOCALE, parts);
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

const clock = format({ hour: "numeric", minute: "2-digit" });
const day = format({ day: "numeric", month: "short", year: "numeric" });
const dayOfYear = format({ day: "numeric", month: "short" });
const weekday = format({ weekday: "short" });
const recent = format({ weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const older = format({ day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" });
const exact = format({ weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
const full = format({ day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit" });

function short(time) {
  const age = Date.now() - time;
  if (age >= 0 && age < 60_000) return relative.format(0, "second");
  if (age >= 0 && age < 6 * DAY) return `${weekday.format(time)} ${clock.format(time)}`;
  return (Math.abs(age) < 300 * DAY ? dayOfYear : day).format(time);
}

const FORMS = {
  moment: (time) => (Math.abs(Date.now() - time) < 300 * DAY ? recent : older).format(time),
  full: (time) => full.format(time),
  short,
  day: (time) => day.format(time),
  clock: (time) => clock.format(time),
};

function localise(root) {
  for (const element of root.querySelectorAll("time[data-time]")) {
    const time = Number(element.dataset.time);
    element.textContent = (FORMS[element.dataset.form] ?? FORMS.moment)(time);
    element.title = exact.format(time);
  }
}

localise(document);
document.addEventListener("content", (event) => localise(event.target)); // parts that other modules put in
