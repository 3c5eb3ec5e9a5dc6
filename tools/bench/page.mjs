// What bench.mjs drives in a browser, and the page's own form.

import { startForm } from "./form.mjs";
import { bench } from "./turns.mjs";

window.bench = bench;
startForm(bench);
