// The page around the worker of goexec-worker.mjs: passes its output and its end on to the runner, in order.

const worker = new Worker("/goexec-worker.mjs", { type: "module" });
let sent = Promise.resolve();

function send(path, body) {
  sent = sent.then(() => fetch(path, { method: "POST", body }));
}

worker.onmessage = ({ data }) => {
  if (data.exit !== undefined) send(`/exit/${data.exit}`);
  else if (data.crash) send("/crash", data.crash);
  else send(`/output/${data.fd}`, data.data);
};

worker.onerror = (event) => {
  event.preventDefault();
  send("/crash", event.message || "the worker did not start");
};

worker.onmessageerror = () => send("/crash", "a message of the worker could not be read");

setInterval(() => send("/alive"), 5000);
