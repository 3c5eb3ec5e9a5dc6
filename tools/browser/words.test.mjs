// The catalogues have the same keys and values, and say what the document says before any script has run.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

const site = resolve(import.meta.dirname, "../../site");
const load = async (path) => (await import(join(site, "page", path))).default;

const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();
const tags = (text) => [...text.matchAll(/<\/?[a-z]+/g)].map(([name]) => name).sort();

test("English and Korean have the same keys, values and marks", async () => {
  const [en, ko] = [await load("words/en.js"), await load("words/ko.js")];
  assert.deepEqual(Object.keys(ko).sort(), Object.keys(en).sort());
  for (const [key, text] of Object.entries(en)) {
    assert.deepEqual(values(ko[key]), values(text), key);
    assert.deepEqual(tags(ko[key]), tags(text), key);
  }
});

test("Korean is Korean: no text is left in English", async () => {
  const [en, ko] = [await load("words/en.js"), await load("words/ko.js")];
  const plain = (text) => text.replace(/<[^>]*>|\{\w+\}/g, "");
  const same = Object.keys(en).filter((key) => /[a-z]{4,}/i.test(plain(en[key])) && ko[key] === en[key]);
  assert.deepEqual(same, []);
});

test("the document's texts are the English catalogue's", async () => {
  const en = await load("words/en.js");
  const html = readFileSync(join(site, "index.html"), "utf8");
  const found = [
    ...html.matchAll(/data-t="([^"]+)"([^>]*)>(.*?)<\/(?:a|span|button|dt|dd|label|legend|p|h2|th|summary|option)>/g),
  ];
  assert.ok(found.length > 50);
  for (const [, key, attributes, text] of found) {
    const given = JSON.parse(/data-v='(.*?)'/.exec(attributes)?.[1] ?? "{}");
    const wanted = en[key].replace(/\{(\w+)\}/g, (_, name) => given[name]);
    assert.ok(wanted.startsWith(text), `${key}: ${text}`);
  }
  // Words without a key would stay English.
  assert.deepEqual(html.match(/<p class="hint"(?![^>]*data-t=)[^>]*>[^<]*\w/g) ?? [], []);
  for (const [, key] of html.matchAll(/data-t(?:-label)?="([^"]+)"/g)) assert.ok(key in en, key);
});

test("every key that the scripts name is in the catalogue", async () => {
  const en = await load("words/en.js");
  const files = readdirSync(join(site, "page"), { recursive: true }).filter((name) => /\.js$/.test(name));
  for (const file of files.filter((name) => !name.includes("words/"))) {
    const text = readFileSync(join(site, "page", file), "utf8");
    const calls =
      /(?:\bt|say\([^,()]+,|sayLabel\([^,()]+,|worded\("\w+",|button\(|field\(|slider\(|segments\(|figure\(|block\()\(?\s*"([a-z]+\.[\w.-]+)"/g;
    for (const [, key] of text.matchAll(calls)) assert.ok(key in en, `${file}: ${key}`);
  }
});

test("each screen of Learn has at most 120 words, and as many screens in both languages", async () => {
  const [en, ko] = [await load("learn/en.js"), await load("learn/ko.js")];
  const { equations } = await import(join(site, "page/learn/equations.js"));
  assert.equal(en.screens.length, equations.length);
  assert.equal(ko.screens.length, equations.length);
  const count = (text) => text.replace(/<[^>]*>/g, "").split(/\s+/).length;
  for (const { title, text } of [...en.screens, ...ko.screens])
    assert.ok(count(text) <= 120, `${title}: ${count(text)} words`);
  for (const [k, { link }] of en.screens.entries()) assert.equal(ko.screens[k].link[0], link[0]);
});

test("numbers have minus signs, and none before nothing", async () => {
  const { signed, superscript } = await import(join(site, "page/format.js"));
  const written = [signed(-0.6, 2), signed(6.25, 1), signed(-0.001, 2), signed(-50), signed(0.1 + 0.2), signed(0)];
  assert.deepEqual(written, ["−0.60", "6.3", "0.00", "−50", "0.3", "0"]);
  assert.equal(superscript(-14), "⁻¹⁴");
});
