/** Binding a server to its address, with errors that say which one and what to do. */
import type { Server } from "node:http";
import { CliError } from "./world.ts";

export interface Address {
  /** `*` for all. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** The keys that set the two, for messages. */
  readonly hostKey: string;
  readonly portKey: string;
}

/** Starts listening. Returns the port. @throws CliError */
export function listen(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, address)));
    server.listen(listenOptions(address), () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : address.port);
    });
  });
}

/** Without a host Node listens on `::`, which takes IPv4 too, and on 0.0.0.0 where there is no IPv6. */
function listenOptions({ host, port }: Address): { readonly host?: string; readonly port: number } {
  return host === "*" ? { port } : { host, port };
}

export function listenError(error: NodeJS.ErrnoException, address: Address): CliError {
  const { host, port, hostKey, portKey } = address;
  const set = `Choose another one with \`--set ${portKey}=…\` or SIXPACK_CONFIG_${portKey.toUpperCase()}`;
  switch (error.code) {
    case "EADDRINUSE": {
      const mac = port === 5000 ? " (on a Mac, AirPlay Receiver uses 5000)" : "";
      return new CliError(
        `Port ${port} is in use by another program${mac}. ${set}, or stop that program; \`lsof -i :${port}\` names it.`,
      );
    }
    case "EACCES":
      return new CliError(`Port ${port} needs more rights than this user has. ${set}: 1024 or above.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAFNOSUPPORT":
      return new CliError(
        `No interface of this machine has the address ${host}. Correct \`${hostKey}\`, or set it to *.`,
      );
    default:
      return new CliError(`Can't listen on ${host} port ${port}: ${error.message}`, 1, { cause: error });
  }
}

/** Hosts that this machine's browsers reach as localhost. */
const NEARBY = new Set(["*", "0.0.0.0", "::", "127.0.0.1"]);

/** How a person reaches the address from this machine. */
export function urlOf(host: string, port: number): string {
  if (NEARBY.has(host)) return `http://localhost:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
