/**
 * Many requests on one keep-alive connection without waiting for each answer (RFC 9112, section 9.3.2): what makes half a
 * million of them affordable. Answers come in the order of their requests.
 */
import { connect, type Socket } from "node:net";

const HEADERS_END = "\r\n\r\n";
const LENGTH_HEADER = /^content-length: *(\d+)/im;

export class Pipeline {
  readonly #socket: Socket;
  readonly #host: string;
  #received = "";
  #status = "200";
  #wanted = 0;
  #bodies: string[] = [];
  #answered: (bodies: string[]) => void = () => {};
  #failed: (error: Error) => void = () => {};

  constructor(port: number) {
    this.#host = `127.0.0.1:${port}`;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    // Bodies here are ASCII, so that characters are bytes and a length can be counted in either.
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (chunk: string) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#failed(error));
    this.#socket.on("close", () => this.#failed(new Error("Expected the server to keep the connection, it closed it")));
  }

  /**
   * The bodies of these paths, asked at once. One call at a time.
   * @throws Error any answer but 200
   */
  get(paths: readonly string[]): Promise<string[]> {
    return this.#ask(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`));
  }

  /** A form that is answered with a redirect, as the dashboard's actions are. */
  async post(path: string, form: Readonly<Record<string, string>>): Promise<void> {
    const body = new URLSearchParams(form).toString();
    const headers = `Host: ${this.#host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}`;
    await this.#ask([`POST ${path} HTTP/1.1\r\n${headers}\r\n\r\n${body}`], "302");
  }

  #ask(requests: readonly string[], status = "200"): Promise<string[]> {
    if (requests.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      [this.#wanted, this.#bodies, this.#answered, this.#failed] = [requests.length, [], resolve, reject];
      this.#status = status;
      this.#socket.write(requests.join(""));
    });
  }

  close(): void {
    this.#failed = () => {};
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#received += chunk;
    let at = 0;
    for (;;) {
      const headersEnd = this.#received.indexOf(HEADERS_END, at);
      if (headersEnd === -1) break;
      const headers = this.#received.slice(at, headersEnd);
      const start = headersEnd + HEADERS_END.length;
      const end = start + Number(LENGTH_HEADER.exec(headers)?.[1] ?? Number.NaN);
      if (!headers.startsWith(`HTTP/1.1 ${this.#status} `) || Number.isNaN(end)) {
        this.#failed(new Error(`Expected ${this.#status} with a length, got ${this.#received.slice(at, start + 400)}`));
        return;
      }
      if (this.#received.length < end) break;
      this.#bodies.push(this.#received.slice(start, end));
      at = end;
    }
    this.#received = this.#received.slice(at);
    if (this.#bodies.length >= this.#wanted) this.#answered(this.#bodies);
  }
}
