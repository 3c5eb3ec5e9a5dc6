// Workers that share a run, where the page is isolated: the hand-over in memory that all of them see. Each has a Go program with a
// memory of its own, which calls the functions below (wasm/team.go); wasm/engine/cpu/team.go says what they mean.

// The head of the shared memory, by index of 32-bit words: the run under way, its operations, the serial number of its first exchange, the
// last run that was cancelled, whether the others should stop listening, and the run's samples. Then for each worker its last exchange and its state.
const RUN = 0;
const OPS = 1;
const FIRST = 2;
const CANCELLED = 3;
const LEAVE = 4;
const SAMPLES = 5;
const arrived = (part) => 16 + 2 * part;
const state = (part) => 17 + 2 * part;
const headBytes = 256;

const AWAY = 0; // waits for messages, as any worker
const LISTENING = 1; // blocked until a run begins
const RUNNING = 2;

// How long a worker looks at a word before it sleeps: as long as waking a sleeper takes. It looks at the clock now and then.
const lookMs = 0.1;
const looks = 1000;

// How long the others listen for the next run before they are workers like any other again.
const listenMs = 100;

// How long worker 0 waits for the others, after which it goes on alone, and they for it.
const patienceMs = 2000;
const serverPatienceMs = 10_000;

// A sleeper looks again after so long: word of a cancelled run may come just before it sleeps.
const sleepMs = 10;

/** Memory for a team whose exchanges have so many values. Of two exchanges one may still be read while the other is written. */
export function teamMemory(room) {
  return new SharedArrayBuffer(headBytes + 2 * 4 * room);
}

/** This worker's place in a team. */
export class Team {
  #words;
  #halves;
  #part;
  #of;
  #others;
  #run = 0;
  #serial = 0;
  /** Whether a worker did not come: the team is of no use any more. */
  broken = false;

  /**
   * @param {SharedArrayBuffer} memory of teamMemory
   * @param {number} part this worker's, 0 for the one that begins runs
   * @param {number} of workers
   * @param {{free: () => boolean, wake: (part: number) => void, lost: (part: number) => void}} [others] for worker 0: whether the others have
   *   nothing else to do, a message to one to serve, and word of one that did not come
   */
  constructor(memory, part, of, others) {
    this.#words = new Int32Array(memory, 0, headBytes / 4);
    const room = (memory.byteLength - headBytes) / 8;
    this.#halves = [0, 1].map((half) => new Float32Array(memory, headBytes + 4 * room * half, room));
    this.#part = part;
    this.#of = of;
    this.#others = others;
  }

  /** Begins a run; 0: the others cannot take part. */
  begin(ops, samples) {
    if (this.broken || !this.#others.free()) return 0;
    const words = this.#words;
    for (let part = 1; part < this.#of; part++) {
      // What was cancelled may still be under way there.
      if (!this.#until(state(part), (now) => now !== RUNNING, 0)) return this.#lose(part);
    }
    Atomics.store(words, LEAVE, 0);
    Atomics.store(words, OPS, ops);
    Atomics.store(words, SAMPLES, samples);
    this.#serial = (this.#serial + 2) | 0; // the others may be one exchange ahead in a run that was cancelled
    Atomics.store(words, FIRST, this.#serial);
    this.#run = Atomics.add(words, RUN, 1) + 1;
    Atomics.notify(words, RUN);
    for (let part = 1; part < this.#of; part++) {
      if (Atomics.load(words, state(part)) === AWAY) this.#others.wake(part);
    }
    return 1;
  }

  /** Waits for a run; gives its operations, 0 where none began. */
  next() {
    const words = this.#words;
    const deadline = performance.now() + listenMs;
    for (;;) {
      // Running before it looks: worker 0 changes nothing about a run while anybody may read it.
      this.#be(RUNNING);
      const run = Atomics.load(words, RUN);
      if (run !== this.#run) {
        this.#run = run;
        this.#serial = Atomics.load(words, FIRST);
        if (Atomics.load(words, CANCELLED) !== run) return Atomics.load(words, OPS);
      }
      const left = Atomics.load(words, LEAVE) ? 0 : deadline - performance.now();
      this.#be(left > 0 ? LISTENING : AWAY);
      if (left > 0) Atomics.wait(words, RUN, run, left);
      // Away, but a run that began before that was to be seen is served.
      else if (Atomics.load(words, RUN) === run) return 0;
    }
  }

  /** Samples of the run that next() told of. */
  samples() {
    return Atomics.load(this.#words, SAMPLES);
  }

  #be(what) {
    Atomics.store(this.#words, state(this.#part), what);
    Atomics.notify(this.#words, state(this.#part));
  }

  give(values, at) {
    this.#halves[(this.#serial + 1) & 1].set(values, at);
  }

  take(values, at) {
    const half = this.#halves[this.#serial & 1];
    values.set(half.subarray(at, at + values.length));
  }

  /** Waits until all have given; 0: one did not, or the run was cancelled. */
  arrive() {
    const words = this.#words;
    const serial = (this.#serial + 1) | 0;
    this.#serial = serial;
    Atomics.store(words, arrived(this.#part), serial);
    Atomics.notify(words, arrived(this.#part));
    for (let part = 0; part < this.#of; part++) {
      const there = (now) => ((now - serial) | 0) >= 0;
      if (part !== this.#part && !this.#until(arrived(part), there, this.#run)) return this.#lose(part);
    }
    return 1;
  }

  /** Waits until a word is as it should be; false where the run is cancelled (0: none), or patience ends. */
  #until(index, good, run) {
    const words = this.#words;
    const began = performance.now();
    do {
      for (let i = 0; i < looks; i++) if (good(Atomics.load(words, index))) return true;
    } while (performance.now() - began < lookMs);
    const deadline = began + (this.#part ? serverPatienceMs : patienceMs);
    for (;;) {
      const now = Atomics.load(words, index);
      if (good(now)) return true;
      const left = deadline - performance.now();
      if (left <= 0 || (run && Atomics.load(words, CANCELLED) === run)) return false;
      Atomics.wait(words, index, now, Math.min(left, sleepMs));
    }
  }

  /** A worker did not come. */
  #lose(part) {
    if (this.#part === 0) {
      this.broken = true;
      this.#others.lost(part);
    }
    return 0;
  }

  /** Ends the run for all. */
  cancel() {
    if (this.#part) return;
    Atomics.store(this.#words, CANCELLED, this.#run);
    for (let part = 0; part < this.#of; part++) Atomics.notify(this.#words, arrived(part));
  }

  /** Sends listeners back to their messages: there is other work for them. */
  dismiss() {
    Atomics.store(this.#words, LEAVE, 1);
    Atomics.notify(this.#words, RUN);
  }
}

/** @type {Team|null} */
let team = null;

/** Makes a team that of this worker's program. @param {Team} joined */
export function joinTeam(joined) {
  team = joined;
}

/** Gives a program of Go what it imports of this file. @param {GoProgram} go */
export function addTeam(go) {
  let floats = new Float32Array(0);
  const values = (pointer, n) => {
    const { buffer } = /** @type {WebAssembly.Memory} */ (go._inst.exports.mem);
    if (floats.buffer !== buffer) floats = new Float32Array(buffer);
    return floats.subarray(pointer >>> 2, (pointer >>> 2) + n);
  };
  go.importObject.team = {
    begin: (ops, samples) => team.begin(ops, samples),
    next: () => team.next(),
    samples: () => team.samples(),
    give: (pointer, n, at) => team.give(values(pointer, n), at),
    arrive: () => team.arrive(),
    take: (pointer, n, at) => team.take(values(pointer, n), at),
    cancel: () => team.cancel(),
  };
}
