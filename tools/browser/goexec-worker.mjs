// The worker in which a Go program runs: gives it a file system and a process, both of the runner that serves this
// file (goexec.mjs), then starts it. `fs` calls travel as POST /fs; output goes to the page, which sends it on while
// the program keeps this thread busy.

let runner;

async function main() {
  runner = await (await fetch("/setup")).json();
  globalThis.process = processOf(runner);
  globalThis.path = { resolve: (...parts) => parts.reduce(join, runner.cwd) };
  globalThis.fs = fileSystem();
  for (const script of [...runner.scripts, "/wasm_exec.js"]) await import(script);
  const go = new globalThis.Go();
  go.argv = runner.argv;
  go.env = runner.env;
  go.exit = (status) => postMessage({ exit: status });
  const { addTiles } = await import("/tiles.js");
  const fill = addTiles(go);
  (await import("/team.js")).addTeam(go);
  const { instance } = await WebAssembly.instantiateStreaming(fetch("/program.wasm"), go.importObject);
  fill(instance);
  await go.run(instance);
}

function processOf({ pid, ppid, uid, gid }) {
  return {
    pid,
    ppid,
    getuid: () => uid,
    geteuid: () => uid,
    getgid: () => gid,
    getegid: () => gid,
    getgroups: () => [gid],
    umask: () => 0o022,
    cwd: () => runner.cwd,
    chdir(path) {
      runner.cwd = absolute(path);
    },
  };
}

/** A path of the program as an absolute one: relative ones start at the program's own working folder. */
function absolute(path) {
  return join(runner.cwd, path);
}

function join(base, path) {
  const parts = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** What Go's syscall package asks of Node's fs. Calls that the runner does not serve fail with ENOSYS. */
function fileSystem() {
  const fs = { constants: runner.constants };
  // Each ends in a callback(error, result); how many of the first arguments are paths is all that differs.
  const calls = {
    chmod: 1,
    lstat: 1,
    mkdir: 1,
    open: 1,
    readdir: 1,
    rename: 2,
    rmdir: 1,
    stat: 1,
    truncate: 1,
    unlink: 1,
  };
  const others = ["chown", "lchown", "link", "readlink", "symlink", "utimes", "fchmod", "fchown", "fsync"];
  for (const name of [...Object.keys(calls), "close", "fstat", "ftruncate", ...others]) {
    fs[name] = (...args) => {
      const done = args.pop();
      for (let i = 0; i < (calls[name] ?? 0); i++) args[i] = absolute(args[i]);
      reply(remote(name, args), done);
    };
  }
  fs.read = (fd, buffer, offset, length, position, done) => reply(read(fd, buffer, offset, length, position), done);
  fs.write = (fd, buffer, offset, length, position, done) => {
    const data = buffer.slice(offset, offset + length);
    if (fd !== 1 && fd !== 2) return reply(remote("write", [fd, position], data), done);
    output(fd, data);
    done(null, length);
  };
  fs.writeSync = (fd, data) => {
    output(fd, data.slice());
    return data.length;
  };
  return fs;
}

function reply(promise, done) {
  promise.then(
    (value) => done(null, value),
    (error) => done(error),
  );
}

/** One call of the runner's fs. Rejects with Node's error, whose code Go understands. */
async function remote(name, args, body) {
  forget(name, args[0]);
  const url = `/fs/${name}?args=${encodeURIComponent(JSON.stringify(args))}`;
  const response = await fetch(url, { method: "POST", body });
  const value = await response.json();
  if (value.error) throw Object.assign(new Error(value.error.message), { code: value.error.code });
  if (value.stats) return stats(value.stats);
  return value.result;
}

function stats(fields) {
  const isDirectory = () => (fields.mode & 0o170000) === 0o040000;
  return { ...fields, isDirectory };
}

/** What was read of open files beyond what was asked for: {start, bytes} by descriptor. Checkpoints are read in many small pieces, and a call takes milliseconds. */
const ahead = new Map();
const readAhead = 4 << 20;

/** Forgets what was read ahead of a descriptor that is closed or written to. */
function forget(name, fd) {
  if (name === "close" || name === "write" || name === "ftruncate") ahead.delete(fd);
}

async function read(fd, buffer, offset, length, position) {
  // Without a position the runner's own moves on, so nothing may be read ahead.
  const bytes = position === null ? await fetched(fd, length, null) : await window(fd, length, position);
  buffer.set(bytes, offset);
  return bytes.length;
}

/** At most length bytes from position, from what was read ahead where that has them. */
async function window(fd, length, position) {
  const at = Number(position);
  let held = ahead.get(fd);
  if (!held || at < held.start || at + length > held.start + held.bytes.length) {
    held = { start: at, bytes: await fetched(fd, Math.max(length, readAhead), at) };
    ahead.set(fd, held);
  }
  return held.bytes.subarray(at - held.start, at - held.start + length);
}

async function fetched(fd, length, position) {
  const url = `/fs/read?args=${encodeURIComponent(JSON.stringify([fd, length, position]))}`;
  const response = await fetch(url, { method: "POST" });
  if (!response.ok) {
    const { error } = await response.json();
    throw Object.assign(new Error(error.message), { code: error.code });
  }
  return new Uint8Array(await response.arrayBuffer());
}

function output(fd, data) {
  postMessage({ fd, data }, [data.buffer]);
}

const crash = (error) => postMessage({ crash: String(error) });
// Browsers differ in whether the page hears of a worker's rejected promises.
addEventListener("unhandledrejection", (event) => crash(event.reason));
main().catch(crash);
