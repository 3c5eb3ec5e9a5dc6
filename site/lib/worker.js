// The worker of the library: holds the WebAssembly module and one session, and answers the messages of unnoise.js.
//
//   in:   {id, op, args}            a call; {cancel: id} aborts it, where its end has not been heard; {painted: id} acknowledges a picture
//   out:  {id, event}               what a call under way has to say
//         {id, result} {id, error}  its end
//
// workers.js has those that tell where calls come from.

// The WebGPU engine's helper: sets a global that the Go side calls.
import "./gpu-replay.js";
import { startCore } from "./core.js";
import { abortError, makeError, packError } from "./errors.js";
import { Run } from "./runner.js";
import { Handles, Session } from "./session.js";
import { joinTeam, Team } from "./team.js";
import { tellStopped } from "./workers.js";

// Starts with the download of the pack, not after it. A failure is told by the first call.
const starting = startCore();
starting.catch(() => {});

/**
 * A call under way.
 *
 * @typedef {object} Call
 * @property {number} id
 * @property {AbortController} controller
 * @property {AbortSignal} signal
 * @property {any} args
 * @property {(event: object, transfer?: Transferable[]) => void} post tells the caller something
 * @property {Run} [run] the chain's that the call runs
 */

/** By the id of the call that made them. @type {Handles<Awaited<ReturnType<Session["startChain"]>>>} */
const chains = new Handles();
/** By id. @type {Map<number, Call>} */
const calls = new Map();
/** @type {Session|null} */
let session = null;
/** Where calls come from: the page, or the worker that this one was hired by. @type {{postMessage: Function}} */
let caller = globalThis;

/** What can be called, by name. @type {Record<string, (args: any, call: Call) => any>} */
const operations = {
  async open({ source, asked }, { signal, post }) {
    const opened = new Session(await starting);
    await opened.open(source, asked, { signal, onProgress: post });
    session = opened;
    return session.info;
  },

  info: () => session.info,

  // The two ways in which another worker makes this one share its picture: see crew.js.
  async join({ memory, part, of }) {
    joinTeam(new Team(memory, part, of));
    await session.exclusive((core, handle) => core.share(handle, { part, of }));
  },

  serve: () => session.exclusive((core, handle) => core.serve(handle)),

  async chain(options, call) {
    return keep(await session.startChain(options, call.signal), call);
  },

  async resume(args, call) {
    return keep(await session.resume(args, call.signal), call);
  },

  async run({ chain, keep, ...options }, call) {
    const kept = keep && { ...keep, about: { ...keep.about, model: session.source } };
    call.run = new Run(chains.get(chain), { ...options, keep: kept }, call.signal, call.post);
    return call.run.run();
  },

  pause({ chain }) {
    for (const { run, args } of calls.values()) {
      if (run && args.chain === chain) run.pause();
    }
  },

  step: ({ chain }, { signal }) => chains.get(chain).step(signal),

  where: ({ chain }) => chains.get(chain).where(),

  frame: ({ chain, which }) => chains.get(chain).frame(which),

  save: ({ chain }) => chains.get(chain).save(),

  async fork({ chain, seed }, call) {
    return keep(await chains.get(chain).fork(seed), call);
  },

  release: ({ chain }) => release(chain),

  evalCases: ({ bytes }, call) => session.ask("evalCases", call, bytes, {}),

  encode: ({ picture, ...options }, call) => session.follow("encode", call, picture, options),

  decode: ({ bytes, ...options }, call) => session.follow("decode", call, bytes, options),

  nll: ({ picture, ...options }, call) => session.follow("nll", call, picture, options),

  schedule: (_, call) => session.ask("schedule", call, {}),

  forward: ({ picture, ...options }, call) => session.ask("forward", call, picture, options),

  selfTest: (_, call) => session.ask("selfTest", call, {}),

  bench: (options, call) => session.follow("bench", call, options),

  layers: (_, call) => session.ask("layers", call, {}),

  activations: (options, call) => session.ask("activations", call, options),

  version: async () => (await starting).info(),
};

/**
 * Notes a chain that was started, unless nobody waits for it any more.
 *
 * @param {Awaited<ReturnType<Session["startChain"]>>} chain
 * @param {Call} call
 */
async function keep(chain, { id, signal }) {
  if (!signal.aborted) {
    chains.set(id, chain);
    return { ...chain.shape, chain: id };
  }
  await chain.release();
  throw abortError();
}

/** @param {number} chain */
async function release(chain) {
  await chains.get(chain).release();
  chains.delete(chain);
}

async function answer({ id, op, args }) {
  const controller = new AbortController();
  /** @type {Call["post"]} */
  const post = (event, transfer = []) => caller.postMessage({ id, event }, transfer);
  /** @type {Call} */
  const call = { id, controller, args, signal: controller.signal, post };
  calls.set(id, call);
  try {
    if (!session && op !== "open" && op !== "version") throw makeError("UsageError", "No model is open.");
    const result = await operations[op](args, call);
    caller.postMessage({ id, result }, result instanceof Uint8Array ? [result.buffer] : []);
  } catch (error) {
    caller.postMessage({ id, error: packError(error) });
  } finally {
    calls.delete(id);
  }
}

/** Ends a call. Where that has ended meanwhile, the chain that it made is one that nobody knows of. */
function cancel(id) {
  if (calls.has(id)) calls.get(id).controller.abort();
  else if (chains.has(id)) release(id).catch(() => {});
}

function receive({ data }) {
  if (data.cancel) cancel(data.cancel);
  else if (data.painted) calls.get(data.painted)?.run?.painted();
  else answer(data);
}

addEventListener("message", (event) => {
  const { data } = event;
  if (data.caller) {
    caller = data.caller;
    data.caller.onmessage = receive;
  } else if (data.stopped) tellStopped(data);
  else receive(event);
});
