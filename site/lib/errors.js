// Errors of the library. They are told apart by class or by name: the name is what they keep on their way between threads.
// A signal that was aborted rejects with a DOMException named AbortError, as everywhere on the web.

/** What all errors of the library are, a stopped call's aside. */
export class UnnoiseError extends Error {
  name = "UnnoiseError";
}

/** The pack is whole, but its network is none that can be run. */
export class UnsupportedModelError extends UnnoiseError {
  name = "UnsupportedModelError";
}

/** The file is no model pack, is damaged, or is of a newer version. */
export class PackError extends UnnoiseError {
  name = "PackError";
}

/** The file is no saved chain, is damaged or of a newer version, or belongs to another model. */
export class StateError extends UnnoiseError {
  name = "StateError";
}

/** The model could not be fetched. */
export class NetworkError extends UnnoiseError {
  name = "NetworkError";
}

/** The GPU was taken away, and nothing could replace it: the engine was named, or no other works. */
export class DeviceLostError extends UnnoiseError {
  name = "DeviceLostError";
}

/** The engine cannot be had, computes wrongly, or failed. */
export class EngineError extends UnnoiseError {
  name = "EngineError";
}

/** A value handed in is out of range, or the thing it is for was closed. */
export class UsageError extends UnnoiseError {
  name = "UsageError";
}

const kinds = {
  UnsupportedModelError,
  PackError,
  StateError,
  NetworkError,
  DeviceLostError,
  EngineError,
  UsageError,
};

/** An error of the kind that is named, with the message. */
export function makeError(name, message) {
  if (name === "AbortError") return abortError();
  const Kind = kinds[name];
  if (Kind) return new Kind(message);
  const error = new UnnoiseError(message);
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
