// Runs recorded WebGPU work in one call from Go: crossing from WebAssembly to JavaScript for every dispatch of a step
// would cost more than encoding it.

/**
 * One run of a pipeline over x by y by z workgroups.
 * @typedef {{pipeline: GPUComputePipeline, group: GPUBindGroup, x: number, y: number, z: number}} Dispatch
 */

/** @param {GPUCommandEncoder} encoder @param {Dispatch[]} dispatches */
function encode(encoder, dispatches) {
  const pass = encoder.beginComputePass();
  for (const { pipeline, group, x, y, z } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
  }
  pass.end();
}

/** @param {GPUCommandEncoder} encoder @param {Array} copies arguments of copyBufferToBuffer */
function copy(encoder, copies) {
  for (const c of copies) {
    encoder.copyBufferToBuffer(...c);
  }
}

/**
 * Encodes and submits copies, dispatches and copies. All but the last list of dispatches are submits of their own, so that
 * no submit runs long enough for a watchdog to end it.
 * @param {GPUDevice} device
 * @param {Dispatch[][] | null} submits
 * @param {Array} before
 * @param {Array} after
 */
globalThis.unnoiseReplay = (device, submits, before, after) => {
  let encoder = device.createCommandEncoder();
  copy(encoder, before);
  for (const [i, dispatches] of (submits ?? []).entries()) {
    if (i > 0) {
      device.queue.submit([encoder.finish()]);
      encoder = device.createCommandEncoder();
    }
    encode(encoder, dispatches);
  }
  copy(encoder, after);
  device.queue.submit([encoder.finish()]);
};
