// All that the page uses of the library.

export { createSampler, forgetModel, storedModels } from "../lib/unnoise.js";
