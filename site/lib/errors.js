// Errors of the library: plain Errors told apart by name, so that they keep it on their way between threads.
//
//   UnsupportedModelError  the pack is whole, but its network is none we can run
//   PackError              the file is no pack, damaged, or of a newer version
//   NetworkError           the pack could not be fetched
//   DeviceLostError        the GPU was taken away and the engine was named, so nothing replaced it
//   EngineError            the engine cannot be had, or failed
//   UsageError             a value handed in is out of range
//   AbortError             a signal was aborted

/** An Error with the name and the message. */
export function makeError(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** What a caller gets when its signal is aborted. */
export function abortError() {
  return new DOMException("stopped on request", "AbortError");
}

/** The parts of anything thrown, for postMessage. */
export function packError(error) {
  return { name: error?.name ?? "Error", message: String(error?.message ?? error) };
}
