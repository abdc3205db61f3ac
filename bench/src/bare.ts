/** The ceiling: a bare node:http server that answers a constant of the same size as a participation. */
import { createServer } from "node:http";

const LENGTH = 110;
const body = "=bare".padStart(LENGTH, "x");
const headers = ["Content-Type", "application/json", "Content-Length", String(LENGTH)];

const server = createServer({ keepAliveTimeout: 72_000 }, (_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("ready\n"));
