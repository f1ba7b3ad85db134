// Light or dark as the reader chose it, set before the first paint: the one script that blocks, so it stays this small.
(() => {
  const root = document.documentElement;
  const dress = (theme) => {
    if (theme !== "light" && theme !== "dark") return;
    root.dataset.theme = theme;
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
      meta.content = theme === "dark" ? "#182026" : "#ffffff";
    }
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);

  try { dress(localStorage.getItem("theme")); } catch { /* storage is refused: follow the system */ }

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-switch]")) return;
    const theme = isDark() ? "light" : "dark";
    const isSystems = matchMedia(`(prefers-color-scheme: ${theme})`).matches; // then the choice is over: follow the system again
    dress(theme);
    if (isSystems) {
      delete root.dataset.theme;
      for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.content = meta.media.includes("dark") ? "#182026" : "#ffffff";
    }
    try {
      if (isSystems) localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch { /* for this page only */ }
  });
})();
