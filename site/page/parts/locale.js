// Some browsers on systems without a locale (LANG=C) say that their language is "C", which is no language tag: uPlot, which formats
// numbers by it, would then not even load. This is to be imported before it.

try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
