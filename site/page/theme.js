// Light or dark: as the system says, until the reader chooses; then as chosen, where the browser may remember it.

const key = "unnoise-theme";

/** Makes the button change the theme and applies an earlier choice. */
export function startTheme(button) {
  apply(remembered());
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    apply(next);
    try {
      localStorage.setItem(key, next);
    } catch {
      // Storage is refused: the choice lasts as long as the page.
    }
  });
}

function apply(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
}

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function remembered() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
