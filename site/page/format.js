// Numbers for people.

/** 2345678 as "2.3 MB". */
export function bytes(n) {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} GB`;
  if (n < 1e6) return `${Math.max(1, Math.round(n / 1e3))} kB`;
  return `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} MB`;
}

/** What an engine computes on, the architecture said once: "wasm simd wasm" as "wasm simd". */
export const adapterName = ({ adapter }) => adapter.replace(/^(\S+)(.*) \1$/, "$1$2");

/** 83 as "1:23"; "–" while unknown. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Milliseconds with three digits or so: "4.21", "12.3", "523". */
export function milliseconds(n) {
  if (!Number.isFinite(n)) return "–";
  return n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : n.toFixed(0);
}

/** A small error as "4e-6"; null, where nothing was measured, as "–". */
export function tiny(n) {
  return n === null || n === undefined ? "–" : n === 0 ? "0" : n.toExponential(0);
}

/** 1110000 as "1.11 M". */
export function millions(n) {
  return `${(n / 1e6).toFixed(n < 1e7 ? 2 : 0)} M`;
}

/** -0.6 as "−0.60" with two digits: with a minus sign, which is as wide as a plus; without digits as short as can be. */
export function signed(n, digits) {
  const text = digits === undefined ? String(Number(n.toPrecision(6))) : n.toFixed(digits);
  // No minus before what is rounded to nothing.
  return text.replace("-", Number(text) === 0 ? "" : "−");
}

/** -4 as "⁻⁴". */
export function superscript(n) {
  return [...String(n)].map((each) => (each === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[each])).join("");
}

/** 4.92 as "4.9 s", 83 as "1:23 min". */
export function seconds(n) {
  return n < 60 ? `${n.toFixed(n < 10 ? 1 : 0)} s` : `${duration(n)} min`;
}
