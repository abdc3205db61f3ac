/** A network of a test's own between a client and a server: it can be slow, silent, cut, or lead elsewhere. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many came from the beginning. */
  connections = 0;
  #target: number;
  #delayMs = 0;
  #silent = false;
  #cut = false;
  #words: readonly [said: string, put: string] | undefined;

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TcpProxy(server, targetPort);
  }

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#target = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (near) => {
      this.connections += 1;
      if (this.#cut) {
        near.destroy();
        return;
      }
      const far = connect(this.#target, "127.0.0.1");
      this.#pass(near, far);
      this.#pass(far, near);
    });
  }

  /** Where new connections go from now on; open ones stay where they are. */
  lead(targetPort: number): void {
    this.#target = targetPort;
  }

  /** Every piece of data arrives so much later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Connections stay open and carry nothing: what is sent is lost, as behind a firewall that drops. */
  silence(): void {
    this.#silent = true;
  }

  /** The server says `words` where it would say others of the same length. */
  put(words: string, instead: string): void {
    if (Buffer.byteLength(words) !== Buffer.byteLength(instead)) throw new Error("Expected words of one length");
    this.#words = [instead, words];
  }

  /** Connections break, and new ones are refused. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** As good as new, for new connections and slow ones; silent ones have lost what was sent and stay useless. */
  mend(): void {
    this.#delayMs = 0;
    this.#cut = false;
    this.#silent = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #said(data: Buffer): Buffer {
    if (this.#words === undefined) return data;
    return Buffer.from(data.toString("latin1").replaceAll(...this.#words), "latin1");
  }

  #pass(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    let isLost = false;
    let passed: Promise<unknown> = Promise.resolve();
    from.on("data", (data) => {
      isLost ||= this.#silent;
      // Once something was lost the stream has a hole, which TCP would never let through.
      if (isLost) return;
      // In order whatever the delays, as TCP does.
      const waitMs = this.#delayMs;
      passed = Promise.all([passed, waitMs === 0 ? undefined : sleep(waitMs)]).then(() => to.write(this.#said(data)));
    });
    from.on("error", () => {});
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
