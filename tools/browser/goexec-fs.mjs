// The file system that goexec.mjs serves to a Go program in a browser: Node's own, read-only outside one folder.

import * as fs from "node:fs";
import { sep } from "node:path";

// Go asks for these flags by the names of Node's constants.
const flags = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_EXCL", "O_DIRECTORY"];
const constants = Object.fromEntries(flags.map((name) => [name, fs.constants[name]]));
const writeFlags = constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;

/**
 * Serves calls of the program's fs.
 *
 * @param {string} scratch the folder below which the program may write
 * @returns {{constants: object, handle: (name: string, args: any[], body: Buffer, response: object) => void}} handle
 *   answers one call: bytes for read, else JSON {result}, {stats} or {error: {code, message}}
 */
export function serveFS(scratch) {
  const calls = allowedCalls((path) => writable(scratch, path));
  const handle = (name, args, body, response) => {
    try {
      const call = calls[name];
      if (!call) throw refusal("ENOSYS", `${name} is not served in a browser`);
      answer(response, call(args, body));
    } catch (error) {
      response.writeHead(404, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ error: { code: error.code ?? "EIO", message: error.message } }));
    }
  };
  return { constants, handle };
}

function answer(response, value) {
  if (Buffer.isBuffer(value)) return response.end(value);
  const json = value instanceof fs.Stats ? { stats: value } : { result: value ?? null };
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(json));
}

function allowedCalls(check) {
  return {
    open([path, mode, perm]) {
      if (mode & writeFlags) check(path);
      return fs.openSync(path, mode, perm);
    },
    close: ([fd]) => fs.closeSync(fd),
    fstat: ([fd]) => fs.fstatSync(fd),
    stat: ([path]) => fs.statSync(path),
    lstat: ([path]) => fs.lstatSync(path),
    readdir: ([path]) => fs.readdirSync(path),
    read([fd, length, position]) {
      const buffer = Buffer.alloc(length);
      return buffer.subarray(0, fs.readSync(fd, buffer, 0, length, position));
    },
    // The file was opened by open above, so it may be written.
    write: ([fd, position], body) => fs.writeSync(fd, body, 0, body.length, position),
    ftruncate: ([fd, length]) => fs.ftruncateSync(fd, length),
    mkdir: ([path, perm]) => fs.mkdirSync(check(path), perm),
    unlink: ([path]) => fs.unlinkSync(check(path)),
    rmdir: ([path]) => fs.rmdirSync(check(path)),
    chmod: ([path, perm]) => fs.chmodSync(check(path), perm),
    truncate: ([path, length]) => fs.truncateSync(check(path), length),
    rename: ([from, to]) => fs.renameSync(check(from), check(to)),
  };
}

/** The path, where the program may write it. */
function writable(scratch, path) {
  if (path.startsWith(scratch + sep)) return path;
  throw refusal("EROFS", `a program in a browser may write below ${scratch} only, not ${path}`);
}

function refusal(code, message) {
  return Object.assign(new Error(message), { code });
}
