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
  #others = new Map(); // n -> Worker

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

  set onmessage(fn) {
    this.#first.onmessage = fn;
  }

  set onerror(fn) {
    this.#first.onerror = fn;
  }

  postMessage(message, transfer = []) {
    this.#first.postMessage(message, transfer);
  }

  terminate() {
    this.#first.terminate();
    for (const n of [...this.#others.keys()]) this.#dismiss(n);
  }
}

const hired = new Map(); // n -> HiredWorker
let last = 0;

/** In a worker: another one beside it, of use as a Worker. */
export class HiredWorker {
  #n = ++last;
  #port;
  onerror = null;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    hired.set(this.#n, this);
    postMessage({ hire: this.#n }, [port2]);
  }

  set onmessage(fn) {
    this.#port.onmessage = fn;
  }

  postMessage(message, transfer = []) {
    this.#port.postMessage(message, transfer);
  }

  terminate() {
    this.#port.close();
    hired.delete(this.#n);
    postMessage({ dismiss: this.#n });
  }
}

/** Takes what the page says of a worker that was hired. */
export function tellStopped({ stopped, why }) {
  hired.get(stopped)?.onerror(new ErrorEvent("error", { message: why, cancelable: true }));
}
