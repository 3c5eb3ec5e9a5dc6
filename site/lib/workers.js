// The workers of a sampler: one that answers, and those it wants beside it. The page starts them all, since in Firefox a worker that
// starts another blocks now and then, for ever.
//
//   to the page:      {hire: n}, a port     start worker n, whose calls come by the port
//                     {dismiss: n}          end it
//   from the page:    {stopped: n, why}     it broke
//   to a new worker:  {caller: port}

/** In the page: a worker with those that it hires, of use as if it were one. */
export class Workers {
  #start;
  #first;
  /** Those beside it, by n. @type {Map<number, Worker>} */
  #others = new Map();

  /** @param {() => Worker} start starts one that runs worker.js: bundlers want its address written out where that is done */
  constructor(start) {
    this.#start = start;
    this.#first = start();
    this.#first.addEventListener("message", ({ data, ports }) => {
      if (data.hire) this.#hire(data.hire, ports[0]);
      else if (data.dismiss) this.#dismiss(data.dismiss);
    });
  }

  #hire(n, caller) {
    const worker = this.#start();
    this.#others.set(n, worker);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#first.postMessage({ stopped: n, why: event.message });
    };
    worker.postMessage({ caller }, [caller]);
  }

  #dismiss(n) {
    this.#others.get(n)?.terminate();
    this.#others.delete(n);
  }

  /** @param {((event: MessageEvent) => void)|null} fn */
  set onmessage(fn) {
    this.#first.onmessage = fn;
  }

  /** @param {((event: ErrorEvent) => void)|null} fn */
  set onerror(fn) {
    this.#first.onerror = fn;
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  postMessage(message, transfer = []) {
    this.#first.postMessage(message, transfer);
  }

  terminate() {
    this.#first.terminate();
    for (const n of [...this.#others.keys()]) this.#dismiss(n);
  }
}

/** By n. @type {Map<number, HiredWorker>} */
const hired = new Map();
let last = 0;

/** The page, as a worker knows it. @type {{postMessage: Function}} */
const page = globalThis;

/** In a worker: another one beside it, of use as a Worker. */
export class HiredWorker {
  #n = ++last;
  #port;
  /** @type {((event: ErrorEvent) => void)|null} */
  onerror = null;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    hired.set(this.#n, this);
    page.postMessage({ hire: this.#n }, [port2]);
  }

  /** @param {((event: MessageEvent) => void)|null} fn */
  set onmessage(fn) {
    this.#port.onmessage = fn;
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  postMessage(message, transfer = []) {
    this.#port.postMessage(message, transfer);
  }

  terminate() {
    this.#port.close();
    hired.delete(this.#n);
    page.postMessage({ dismiss: this.#n });
  }
}

/** Takes what the page says of a worker that was hired. @param {{stopped: number, why: string}} message */
export function tellStopped({ stopped, why }) {
  hired.get(stopped)?.onerror(new ErrorEvent("error", { message: why, cancelable: true }));
}
