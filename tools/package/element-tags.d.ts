import { UnnoiseSamplerElement } from "./element.js";

declare module "./element.js" {
  /** The element's attributes are properties too. */
  interface UnnoiseSamplerElement {
    model: string;
    engine: string;
    sampler: string;
    steps: string;
    seed: string;
    eta: string;
    count: string;
    label: string;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "unnoise-sampler": UnnoiseSamplerElement;
  }
}
