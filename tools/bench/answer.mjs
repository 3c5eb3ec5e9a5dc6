// A worker's side of runtimes.mjs: answers each message {name: argument} when operations[name] has ended.

export function answer(operations) {
  addEventListener("message", async ({ data }) => {
    try {
      for (const [name, argument] of Object.entries(data)) await operations[name](argument);
      postMessage({});
    } catch (error) {
      postMessage({ error: String(error?.message ?? error) });
    }
  });
}
