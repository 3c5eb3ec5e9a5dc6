// The model card in a dialog. Cards are Markdown of the plainest kind: headings, paragraphs, lists, tables, `code`,
// **strong** and [links](address).

import { byId, element } from "./dom.js";

/** Fetches a card and shows it. @param {string} url */
export async function showCard(url) {
  const response = await fetch(url);
  const text = response.ok
    ? await response.text()
    : `The card could not be fetched: the server answered ${response.status}.`;
  byId("card-text").replaceChildren(...blocks(text));
  byId("card-dialog").showModal();
}

/** @param {string} text */
function blocks(text) {
  return text
    .trim()
    .split(/\n{2,}/)
    .flatMap((block) => {
      const heading = /^(#{1,4}) (.*)(?:\n([\s\S]*))?$/.exec(block);
      if (!heading) return [plainBlock(block)];
      const [, marks, title, rest] = heading;
      const tag = /** @type {"h2"|"h3"|"h4"|"h5"} */ (`h${marks.length + 1}`);
      return [element(tag, {}, ...inline(title)), ...(rest ? [plainBlock(rest)] : [])];
    });
}

/** @param {string} block */
function plainBlock(block) {
  const lines = block.split("\n");
  if (lines.every((line) => line.startsWith("|"))) return table(lines);
  if (/^[-*] /.test(lines[0])) return list(lines);
  return element("p", {}, ...inline(lines.join(" ")));
}

/** @param {string[]} lines */
function list(lines) {
  // An indented line goes on with the item before it.
  const items = lines.join("\n").split(/\n(?=[-*] )/);
  return element("ul", {}, ...items.map((item) => element("li", {}, ...inline(item.slice(2).replace(/\s+/g, " ")))));
}

/** @param {string[]} lines */
function table(lines) {
  const cells = (line) => line.replace(/^\||\|\s*$/g, "").split("|");
  // Neither the line under the head nor an empty head is a row.
  const rows = lines.filter((line) => !/^[|\s:-]+$/.test(line));
  const cell = (text, i) => element(i === 0 ? "th" : "td", {}, ...inline(text.trim()));
  return element("table", {}, ...rows.map((line) => element("tr", {}, ...cells(line).map(cell))));
}

const marks = /(`[^`]+`|\*\*[^*]+\*\*|\[[^\]]+\]\([^)\s]+\))/;

/** @param {string} text */
function inline(text) {
  return text.split(marks).map((part) => {
    if (part.startsWith("`") && part.length > 1) return element("code", {}, part.slice(1, -1));
    if (part.startsWith("**") && part.length > 3) return element("strong", {}, part.slice(2, -2));
    const link = /^\[([^\]]+)\]\((https?:[^)\s]+)\)$/.exec(part);
    return link ? element("a", { href: link[2], rel: "noreferrer" }, link[1]) : part;
  });
}
