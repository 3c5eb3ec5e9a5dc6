// What workers have and TypeScript's own declarations lack: no more than is used.

/** Absent in Safari. */
declare var scheduler: { postTask?(work: () => void): Promise<void> } | undefined;

/** Of pages: what they share with workers (lib/keep.js) names it, and no worker gets there. */
declare var sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };

// wasm_exec.js, Go's loader

interface GoProgram {
  readonly importObject: WebAssembly.Imports;
  /** The instance, once it runs. */
  readonly _inst: WebAssembly.Instance;
  run(instance: WebAssembly.Instance): Promise<void>;
}

declare var Go: { new (): GoProgram };

// What tools/site puts in

declare const SITE_FILES: string[];
declare const SITE_LATER: string[];
declare const SITE_VERSION: string;

// WebGPU

interface GPUDevice {
  readonly queue: { submit(work: GPUCommandBuffer[]): void };
  createCommandEncoder(): GPUCommandEncoder;
  createQuerySet(about: { type: "timestamp"; count: number }): GPUQuerySet;
  createBuffer(about: { size: number; usage: number }): GPUBuffer;
}

interface GPUCommandEncoder {
  beginComputePass(about?: GPUComputePassDescriptor): GPUComputePassEncoder;
  copyBufferToBuffer(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, size: number): void;
  resolveQuerySet(set: GPUQuerySet, first: number, count: number, to: GPUBuffer, offset: number): void;
  finish(): GPUCommandBuffer;
}

interface GPUComputePassDescriptor {
  timestampWrites?: { querySet: GPUQuerySet; beginningOfPassWriteIndex: number; endOfPassWriteIndex: number };
}

interface GPUComputePassEncoder {
  setPipeline(pipeline: GPUComputePipeline): void;
  setBindGroup(index: number, group: GPUBindGroup): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

interface GPUBuffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  destroy(): void;
}

interface GPUQuerySet {
  destroy(): void;
}

// Only handed on; the names keep them apart.
interface GPUBindGroup {
  readonly __brand: "GPUBindGroup";
}
interface GPUCommandBuffer {
  readonly __brand: "GPUCommandBuffer";
}
interface GPUComputePipeline {
  readonly __brand: "GPUComputePipeline";
}

declare const GPUBufferUsage: Record<"COPY_DST" | "COPY_SRC" | "MAP_READ" | "QUERY_RESOLVE", number>;
declare const GPUMapMode: Record<"READ", number>;
