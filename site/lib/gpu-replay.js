// Runs recorded WebGPU work in one call from Go: crossing from WebAssembly to JavaScript for every dispatch of a step
// would cost more than encoding it.

/**
 * One run of a pipeline over x by y by z workgroups.
 * @typedef {{pipeline: GPUComputePipeline, group: GPUBindGroup, x: number, y: number, z: number}} Dispatch
 */

/** Arguments of copyBufferToBuffer. @typedef {Parameters<GPUCommandEncoder["copyBufferToBuffer"]>} Copy */

/** @param {GPUCommandEncoder} encoder @param {Dispatch[]} dispatches @param {GPUComputePassDescriptor} [about] */
function encode(encoder, dispatches, about) {
  const pass = encoder.beginComputePass(about);
  let last;
  for (const { pipeline, group, x, y, z } of dispatches) {
    if (pipeline !== last) pass.setPipeline(pipeline);
    last = pipeline;
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
  }
  pass.end();
}

/** @param {GPUCommandEncoder} encoder @param {Copy[]} copies */
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
 * @param {Copy[]} before
 * @param {Copy[]} after
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

/**
 * Runs recorded work with every dispatch in a pass of its own, there so many times, and tells how long each pass took.
 * @param {GPUDevice} device with timestamp-query
 * @param {Dispatch[][]} submits
 * @param {Copy[]} before copies to be done first
 * @param {number} repeats
 * @returns {Promise<Float64Array>} nanoseconds, one a dispatch
 */
globalThis.unnoiseTime = async (device, submits, before, repeats) => {
  const dispatches = submits.flat();
  // A set holds at most 4096 marks, two a dispatch.
  const sets = [];
  const encoder = device.createCommandEncoder();
  copy(encoder, before);
  device.queue.submit([encoder.finish()]);
  for (let first = 0; first < dispatches.length; first += 2048) {
    sets.push(timeSome(device, dispatches.slice(first, first + 2048), repeats));
  }
  const times = (await Promise.all(sets)).flat();
  return Float64Array.from(times);
};

/**
 * As unnoiseTime, for as many dispatches as one set of marks holds.
 *
 * @param {GPUDevice} device
 * @param {Dispatch[]} dispatches
 * @param {number} repeats
 * @returns {Promise<number[]>}
 */
async function timeSome(device, dispatches, repeats) {
  const count = 2 * dispatches.length;
  const marks = device.createQuerySet({ type: "timestamp", count });
  const raw = device.createBuffer({ size: 8 * count, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const landing = device.createBuffer({ size: 8 * count, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  try {
    for (const [i, dispatch] of dispatches.entries()) {
      // A submit each: none is so long that a watchdog ends it.
      const encoder = device.createCommandEncoder();
      const timestampWrites = { querySet: marks, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      encode(encoder, Array(repeats).fill(dispatch), { timestampWrites });
      device.queue.submit([encoder.finish()]);
    }
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(marks, 0, count, raw, 0);
    encoder.copyBufferToBuffer(raw, 0, landing, 0, 8 * count);
    device.queue.submit([encoder.finish()]);
    await landing.mapAsync(GPUMapMode.READ);
    const at = new BigUint64Array(landing.getMappedRange());
    // The clock of some adapters may step back between two marks.
    return dispatches.map((_, i) => Math.max(0, Number(at[2 * i + 1] - at[2 * i])));
  } finally {
    for (const thing of [marks, raw, landing]) thing.destroy();
  }
}
