/**
 * A soak: the built server under a steady rate for minutes, and its memory over time. Flat is good.
 *
 *     node --import tsx bench/src/soak.ts --minutes 10 --rate 2000 --engine embedded --new 0.1
 *
 * An open loop: calls leave by the clock, whether or not answers come, so a server that falls behind shows it in the
 * calls under way. One call in ten is a conversion. The first half is the time to warm up; the second is judged.
 */
import { Agent, get } from "node:http";
import { parseArgs } from "node:util";
import { ENGINES, type Running, startSixpack } from "./processes.ts";

const TICK_MS = 20;
const SAMPLE_MS = 10_000;
const CONNECTIONS = 64;
const KNOWN_CLIENTS = 10_000;
const CONVERSION_EVERY = 10;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    rate: { type: "string", default: "2000" },
    new: { type: "string", default: "0.1" },
    engine: { type: "string", default: "embedded" },
  },
});
const engine = ENGINES.find((name) => name === values.engine);
if (engine === undefined) throw new Error(`Expected --engine as one of ${ENGINES.join(", ")}, got ${values.engine}`);
const minutes = Number(values.minutes);
const ratePerSecond = Number(values.rate);
const newShare = Number(values.new);

class Soak {
  readonly #server: Running;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  sent = 0;
  underWay = 0;
  refused = 0;
  failed = 0;
  #fresh = 0;

  constructor(server: Running) {
    this.#server = server;
  }

  /** Sends what is due after `elapsedMs`. */
  catchUp(elapsedMs: number): void {
    const due = Math.floor((elapsedMs * ratePerSecond) / 1000);
    while (this.sent < due) this.#send();
  }

  end(): void {
    this.#agent.destroy();
  }

  #send(): void {
    this.sent += 1;
    this.underWay += 1;
    const isNew = Math.floor(this.sent * newShare) > this.#fresh;
    if (isNew) this.#fresh += 1;
    const client = isNew ? `new-${this.#fresh}` : `known-${(this.sent * 7_919) % KNOWN_CLIENTS}`;
    const isConversion = !isNew && this.sent % CONVERSION_EVERY === 0;
    const path = isConversion
      ? `/convert?experiment=soak&client_id=${client}`
      : `/participate?experiment=soak&alternatives=red&alternatives=green&client_id=${client}`;
    get({ port: this.#server.port, host: "127.0.0.1", path, agent: this.#agent }, (response) => {
      const { statusCode = 0 } = response;
      // A conversion of a client that has not taken part yet is refused, and that is an answer.
      if (statusCode >= 500) this.failed += 1;
      else if (statusCode !== 200) this.refused += 1;
      response.resume().once("end", () => {
        this.underWay -= 1;
      });
    }).once("error", () => {
      this.underWay -= 1;
      this.failed += 1;
    });
  }
}

interface Sample {
  readonly minute: number;
  readonly memoryMiB: number;
}

/** Least squares, in MiB per minute. */
function slope(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number) => samples.reduce((sum, s) => sum + pick(s), 0) / samples.length;
  const [x, y] = [mean((s) => s.minute), mean((s) => s.memoryMiB)];
  const covariance = samples.reduce((sum, s) => sum + (s.minute - x) * (s.memoryMiB - y), 0);
  return covariance / samples.reduce((sum, s) => sum + (s.minute - x) ** 2, 0);
}

const server = await startSixpack(engine);
const soak = new Soak(server);
const samples: Sample[] = [];
process.stdout.write(`${engine}, ${ratePerSecond} calls/s, ${newShare * 100} % new clients, ${minutes} minutes\n`);
process.stdout.write("minute      sent  under way  refused  failed  memory MiB\n");
const startedMs = performance.now();
let nextSampleMs = SAMPLE_MS;
for (let elapsedMs = 0; elapsedMs < minutes * 60_000; elapsedMs = performance.now() - startedMs) {
  soak.catchUp(elapsedMs);
  if (elapsedMs >= nextSampleMs) {
    nextSampleMs += SAMPLE_MS;
    const sample = { minute: elapsedMs / 60_000, memoryMiB: server.memoryMiB() };
    samples.push(sample);
    const { sent, underWay, refused, failed } = soak;
    process.stdout.write(
      `${sample.minute.toFixed(2).padStart(6)}${String(sent).padStart(10)}${String(underWay).padStart(11)}` +
        `${String(refused).padStart(9)}${String(failed).padStart(8)}${sample.memoryMiB.toFixed(1).padStart(12)}\n`,
    );
  }
  await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}
soak.end();
await server.stop();
const judged = samples.slice(Math.floor(samples.length / 2));
process.stdout.write(`second half: ${slope(judged).toFixed(2)} MiB a minute\n`);
