// All that the page uses of the library.

export { createSampler, forgetModel, keptChain, storedModels } from "../lib/unnoise.js";
