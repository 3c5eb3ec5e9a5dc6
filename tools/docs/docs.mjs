// Makes the library's reference, SITE/docs, from the comments of its sources: every exported function, class, method and type, and each method's
// @example as a module of its own that the reader can run (no script is ever made of text).
//
//   node tools/docs/docs.mjs [build/site]

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = resolve(import.meta.dirname, "../..");
const entrance = join(root, "site/lib/unnoise.js");
const element = join(root, "site/lib/element.js");
const source = join(root, "site/docs");

const plain = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** Writes the reference. @returns {string[]} the examples' names */
export function buildDocs(site) {
  const out = join(site, "docs");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(join(out, "examples"), { recursive: true });
  const entries = read();
  for (const name of ["docs.css", "docs.js"]) cpSync(join(source, name), join(out, name));
  cpSync(element, join(site, "lib/element.js"));
  const examples = entries.flatMap(({ members }) => members).filter(({ example }) => example);
  for (const { id, example } of examples) writeFileSync(join(out, "examples", `${id}.js`), moduleOf(example));
  writeFileSync(join(out, "index.html"), page(entries));
  return examples.map(({ id }) => id);
}

/** An example as a module: what it may name comes as arguments. */
function moduleOf(code) {
  const names = [
    "sampler",
    "show",
    "cases",
    "createSampler",
    "version",
    "keptChain",
    "forgetChain",
    "storedModels",
    "forgetModel",
  ];
  return `export default async ({ ${names.join(", ")} }) => {\n${code.replace(/^/gm, "  ")}\n};\n`;
}

/** What the library exports: functions, classes with their members, types with their properties. */
function read() {
  const options = {
    allowJs: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    types: [],
    strict: true,
  };
  const lib = ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"];
  const moduleResolution = ts.ModuleResolutionKind.Bundler;
  const program = ts.createProgram([entrance, element], { ...options, lib, moduleResolution });
  const checker = program.getTypeChecker();
  const exported = (file) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
  const names = new Map();
  const symbols = [...exported(entrance), ...exported(element)].map((symbol) => {
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    names.set(own, symbol.name);
    return own;
  });
  const reader = new Reader(checker, names);
  const functions = symbols.filter(({ flags }) => flags & ts.SymbolFlags.Function).map((s) => reader.member(s, ""));
  const classes = symbols.filter(({ flags }) => flags & ts.SymbolFlags.Class).map((s) => reader.class(s));
  const types = symbols.filter(({ flags }) => flags & ts.SymbolFlags.TypeAlias).map((s) => reader.type(s));
  const isError = ({ name }) => name.endsWith("Error");
  return [
    { name: "Functions", text: "", members: functions },
    ...classes.filter((c) => !isError(c)),
    { name: "Errors", text: "", members: classes.filter(isError).map((c) => ({ ...c, id: c.name, rows: [] })) },
    { name: "Types", text: "", members: types },
  ];
}

/** A type's text without what only a compiler needs: the name that types.js has in its neighbours, the stars of comments' lines. */
const tidy = (text) =>
  text
    .replace(/\n\s*\*/g, " ")
    .replace(/\s+/g, " ")
    .replace(/\bT\.|<ArrayBufferLike>/g, "");

const typeOf = (tag) => tidy(tag.typeExpression?.type.getText() ?? "");

const commentOf = (tag) => ts.getTextOfJSDocComment(tag.comment) ?? "";

/** What methods of a class are called on. */
const objectOf = (owner) => (owner === "UnnoiseSamplerElement" ? "element" : owner.toLowerCase());

/** Reads symbols of a program. */
class Reader {
  #checker;
  #names;

  /** @param {ts.TypeChecker} checker @param {Map<ts.Symbol, string>} names under which symbols are exported */
  constructor(checker, names) {
    this.#checker = checker;
    this.#names = names;
  }

  #text(symbol) {
    return ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)).replace(/\s+/g, " ");
  }

  /** A function, method or property. */
  member(symbol, owner) {
    const node = symbol.valueDeclaration;
    const signature = this.#checker.getTypeOfSymbolAtLocation(symbol, node).getCallSignatures()[0];
    const tags = symbol.getJsDocTags(this.#checker);
    const of = (name) => tags.filter((tag) => tag.name === name).map((tag) => ts.displayPartsToString(tag.text));
    const parameters = (signature?.parameters ?? []).map((parameter) => parameter.name);
    const rows = ts
      .getJSDocTags(node)
      .filter(ts.isJSDocParameterTag)
      .flatMap((tag) => this.#rows(tag))
      .concat(this.#returned(node));
    const call = signature
      ? `(${parameters.map((name) => (name.startsWith("__") ? "options" : name)).join(", ")})`
      : "";
    const exported = this.#names.get(symbol) ?? symbol.name;
    const name = exported.startsWith("__@asyncIterator") ? "[Symbol.asyncIterator]" : exported;
    const id = owner ? `${owner}.${name}` : name;
    return {
      id,
      name: `${owner ? `${objectOf(owner)}.` : ""}${name}${call}`,
      text: this.#text(symbol),
      rows,
      example: of("example")[0],
    };
  }

  /** A parameter's row, or one for each of the options that it is made of. */
  #rows(tag) {
    const own = tag.typeExpression?.type;
    if (own && ts.isJSDocTypeLiteral(own)) return (own.jsDocPropertyTags ?? []).flatMap((inner) => this.#rows(inner));
    const name = tag.name.getText();
    return [{ name: tag.isBracketed ? `${name}?` : name, type: typeOf(tag), text: commentOf(tag) }];
  }

  #returned(node) {
    const tag = ts.getJSDocReturnTag(node);
    return tag?.typeExpression ? [{ name: "returns", type: typeOf(tag), text: commentOf(tag) }] : [];
  }

  class(symbol) {
    const hidden = (s) =>
      s.name.includes("#") || s.name === "__constructor" || s.name === "prototype" || s.name === "name";
    const internal = (s) => s.getJsDocTags(this.#checker).some((tag) => tag.name === "internal");
    const members = [...(symbol.members?.values() ?? [])].filter(
      (s) => s.valueDeclaration && !hidden(s) && !internal(s),
    );
    return { name: symbol.name, text: this.#text(symbol), members: members.map((s) => this.member(s, symbol.name)) };
  }

  type(symbol) {
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
    const own = type.isUnion() ? [] : type.getProperties();
    const rows = own.map((property) => ({
      name: property.flags & ts.SymbolFlags.Optional ? `${property.name}?` : property.name,
      type: this.#typeText(property),
      text: this.#text(property),
    }));
    const text = this.#text(symbol) || this.#text(type.aliasSymbol ?? type.symbol ?? symbol);
    if (!rows.length) rows.push({ name: "is", type: this.#spelled(type), text: "" });
    return { id: symbol.name, name: symbol.name, text, rows };
  }

  #typeText(property) {
    const type = this.#checker.getTypeOfSymbolAtLocation(
      property,
      property.valueDeclaration ?? property.declarations[0],
    );
    return tidy(this.#checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation)).replace(
      / \| undefined$/,
      "",
    );
  }

  /** A type in full, not by its name. */
  #spelled(type) {
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;
    const parts = type.isUnion() ? type.types : [type];
    return tidy(parts.map((part) => this.#checker.typeToString(part, undefined, flags)).join(" | "));
  }
}

function page(entries) {
  const links = entries.map(({ name, members }) => {
    const list = members.map((m) => `<li><a href="#${plain(m.id)}">${plain(m.name.replace(/\(.*/, ""))}</a></li>`);
    return `<h2>${plain(name)}</h2><ul>${list.join("")}</ul>`;
  });
  const linked = linker(new Set(entries.flatMap(({ name, members }) => [name, ...members.map(({ id }) => id)])));
  const parts = entries.map(({ name, text, members }) => {
    const list = members.map((member) => article(member, linked)).join("");
    return `<section id="${plain(name)}"><h2>${plain(name)}</h2><p>${plain(text)}</p>${list}</section>`;
  });
  const template = readFileSync(join(source, "page.html"), "utf8");
  return template.replace("<!-- links -->", () => links.join("")).replace("<!-- parts -->", () => parts.join(""));
}

/** Makes types' text into HTML in which the names of what the page describes are links. @param {Set<string>} ids */
function linker(ids) {
  return (type) =>
    plain(type).replace(/\b[A-Z]\w+/g, (name) => (ids.has(name) ? `<a href="#${name}">${name}</a>` : name));
}

function article({ id, name, text, rows, example }, linked) {
  const row = (r) =>
    `<tr><th scope="row"><code>${plain(r.name)}</code></th><td><code>${linked(r.type)}</code> ${plain(r.text)}</td></tr>`;
  const table = rows.length ? `<table>${rows.map(row).join("")}</table>` : "";
  const run = example
    ? `<div class="example" data-example="${plain(id)}"><pre tabindex="0"><code>${plain(example)}</code></pre>
       <button type="button">Run</button><div class="result" role="status"></div></div>`
    : "";
  return `<article id="${plain(id)}"><h3><code>${plain(name)}</code></h3><p>${plain(text)}</p>${table}${run}</article>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const examples = buildDocs(resolve(process.argv[2] ?? join(root, "build/site")));
  process.stdout.write(`docs: ${examples.length} examples\n`);
}
