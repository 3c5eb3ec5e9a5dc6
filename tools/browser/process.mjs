// Child processes, their folders, and the certainty that none outlives us.

import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * The path of the first command found on PATH.
 *
 * @param {string} what for the message: what the command is part of
 * @param {...string} commands names, best first
 * @throws {Error} where there is none; it names the missing thing and says `make deps`
 */
export function findCommand(what, ...commands) {
  for (const command of commands) {
    for (const folder of (process.env.PATH ?? "").split(delimiter)) {
      const path = join(folder, command);
      if (isExecutable(path)) return path;
    }
  }
  throw missing(what, commands.join(" or "));
}

/** An error that names something not installed and says how to get it. */
export function missing(what, which) {
  return new Error(`${what} is not installed (${which} not found): run \`make deps\``);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// What has to be undone when we end before close(): by signal, by an uncaught error, or by forgetting.
const cleanups = new Set();
let watching = false;

/** Registers fn (synchronous) to run once at the latest when this process ends. Returns the function that runs it now. */
export function atEnd(fn) {
  watchEnd();
  const once = () => {
    if (cleanups.delete(once)) fn();
  };
  cleanups.add(once);
  return once;
}

function watchEnd() {
  if (watching) return;
  watching = true;
  const all = () => {
    for (const fn of [...cleanups].reverse()) fn();
  };
  process.on("exit", all);
  // `go test` ends a test that overran its time by SIGQUIT.
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 })) {
    process.on(signal, () => process.exit(128 + number));
  }
}

/** A new empty folder {path, remove}; removed at the end in any case. */
export function tempFolder(prefix) {
  const path = mkdtempSync(join(tmpdir(), prefix));
  // A browser's last helper may still be writing for a moment.
  const remove = atEnd(() => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return { path, remove };
}

/**
 * Starts a command in a process group of its own.
 *
 * @returns {{child: import("node:child_process").ChildProcess, end: () => Promise<void>}} end kills the group and
 *   waits for the child
 */
export function startGroup(command, args, options = {}) {
  const child = spawn(command, args, { ...options, detached: true });
  const exited = new Promise((resolve) => {
    child.once("exit", resolve);
    child.once("error", resolve);
  });
  const kill = atEnd(() => killGroup(child.pid));
  const end = async () => {
    kill();
    if (child.pid !== undefined) await exited;
  };
  return { child, end };
}

function killGroup(pid) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}
