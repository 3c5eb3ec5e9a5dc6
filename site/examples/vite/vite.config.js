import { defineConfig } from "vite";

export default defineConfig({
  // Works from any folder of a server.
  base: "./",
  // The development server's packing together of packages would part the library from its worker.
  optimizeDeps: { exclude: ["unnoise"] },
  worker: { format: "es" },
});
