// What pages have and TypeScript's own declarations lack: no more than is used.

interface Navigator {
  /** Absent where the browser has no WebGPU, or the page is not secure. */
  readonly gpu?: GPU;
  /** Absent in Firefox and Safari. */
  readonly connection?: { readonly saveData?: boolean };
}

interface GPU {
  requestAdapter(): Promise<GPUAdapter | null>;
}

interface GPUAdapter {
  readonly info?: { readonly vendor: string; readonly architecture: string; readonly description: string };
  readonly features: ReadonlySet<string>;
  readonly limits: {
    readonly maxStorageBufferBindingSize: number;
    readonly maxComputeInvocationsPerWorkgroup: number;
  };
}
