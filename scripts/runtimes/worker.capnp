using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = (name = "main", entrypoint = "visitor"))],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "take-part.mjs", esModule = embed "take-part.mjs"),
    (name = "batch.js", esModule = embed "../../clients/typescript/dist/batch.js"),
    (name = "index.js", esModule = embed "../../clients/typescript/dist/index.js"),
    (name = "local.js", esModule = embed "../../clients/typescript/dist/local.js"),
    (name = "queue.js", esModule = embed "../../clients/typescript/dist/queue.js"),
  ],
  compatibilityDate = "2026-11-01",
);
