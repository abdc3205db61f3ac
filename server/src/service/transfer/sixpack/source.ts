/**
 * The keys of Sixpack 1.x and 2.x, read and never written. `<n>` is an experiment, with a KPI `<n>/<kpi>`:
 *
 * | key                                  | type   | contents                                                         |
 * |--------------------------------------|--------|------------------------------------------------------------------|
 * | `<prefix>:e`                         | set    | names of experiments                                             |
 * | `<prefix>:e:<n>`                     | hash   | created_at, description, traffic_fraction; archived, paused if so |
 * | `<prefix>:e:<n>:alternatives`        | list   | names, the control first                                         |
 * | `<prefix>:e:<n>:kpis`                | set    | names                                                            |
 * | `<prefix>:e:<n>:winner`              | string | name                                                             |
 * | `<prefix>:e:<n>:users`               | zset   | client id → number; archiving deletes it                         |
 * | `<prefix>:e:<n>:excluded`            | bitmap | by number of the client: outside the traffic                     |
 * | `<prefix>:p:<n>:<alternative>:<when>` | bitmap | participants, when = all, a year, month or day; also `_all`      |
 * | `<prefix>:c:<n>:<alternative>:users:<when>` | bitmap | converted, the same                                       |
 * | `<prefix>:p:<n>:days`, `c:<n>:days`  | set    | days, YYYY-MM-DD, that have bitmaps                              |
 */
import type { AlternativeName, KpiName } from "../../../domain/names.ts";
import type { RedisReader } from "../../../store/redis/reader.ts";
import { arrayIn, bytesIn, integerIn, pairsIn, textIn } from "../../../store/redis/replies.ts";

export interface SourceExperiment {
  /** As it is stored, which may be a name that can no longer be made. */
  readonly name: string;
  readonly alternatives: readonly AlternativeName[];
  /** Sorted: the original keeps a set, which has no order. */
  readonly kpis: readonly KpiName[];
  readonly winner: string | null;
  /** Fields of the hash, as text. */
  readonly fields: ReadonlyMap<string, string>;
  /** No client has this number or a higher one. */
  readonly numbersEnd: number;
}

interface NumberedClient {
  readonly number: number;
  readonly id: string;
}

export class SixpackSource {
  readonly #reader: RedisReader;
  readonly #prefix: string;

  constructor(reader: RedisReader, prefix: string) {
    this.#reader = reader;
    this.#prefix = prefix;
  }

  /** Names of all experiments, sorted. */
  names(): Promise<readonly string[]> {
    return this.#members("e");
  }

  async experiment(name: string): Promise<SourceExperiment> {
    const [alternatives, kpis, winner, fields] = await Promise.all([
      this.#reader.ask("LRANGE", this.#key(`e:${name}:alternatives`), "0", "-1"),
      this.#members(`e:${name}:kpis`),
      this.#reader.ask("GET", this.#key(`e:${name}:winner`)),
      this.#reader.ask("HGETALL", this.#key(`e:${name}`)),
    ]);
    return {
      name,
      alternatives: arrayIn(alternatives).map((alternative) => textIn(alternative) as AlternativeName),
      kpis: kpis.map((kpi) => kpi as KpiName),
      winner: winner === null ? null : textIn(winner),
      fields: new Map(pairsIn(fields).map(([field, value]) => [field.toString("utf8"), value.toString("utf8")])),
      numbersEnd: await this.#numbersEnd(name),
    };
  }

  /** Days in which clients joined, or with a KPI (or `null`, the default one) converted; `YYYY-MM-DD`, sorted. */
  days(name: string, kind: "p" | "c", kpi: KpiName | null = null): Promise<readonly string[]> {
    return this.#members(`${kind}:${owner(name, kpi)}:days`);
  }

  /** Bitmap of who joined with an alternative, or with `_all` any, on a day or `all`; from bit `start`, `count` bits. */
  joined(name: string, alternative: string, when: string, start: number, count: number): Promise<Buffer> {
    return this.#bits(`p:${name}:${alternative}:${when}`, start, count);
  }

  converted(name: string, kpi: KpiName | null, when: string, start: number, count: number): Promise<Buffer> {
    return this.#bits(`c:${owner(name, kpi)}:_all:users:${when}`, start, count);
  }

  excluded(name: string, start: number, count: number): Promise<Buffer> {
    return this.#bits(`e:${name}:excluded`, start, count);
  }

  /** The clients whose ids are still known, with numbers from `start`, `count` of them. */
  async clients(name: string, start: number, count: number): Promise<readonly NumberedClient[]> {
    const range = [String(start), String(start + count - 1), "WITHSCORES"];
    const pairs = pairsIn(await this.#reader.ask("ZRANGEBYSCORE", this.#key(`e:${name}:users`), ...range));
    return pairs.map(([id, number]) => ({ id: id.toString("utf8"), number: Number(number.toString("latin1")) }));
  }

  async #numbersEnd(name: string): Promise<number> {
    const bitmaps = [`p:${name}:_all:all`, `e:${name}:excluded`];
    const lengths = await Promise.all(bitmaps.map((key) => this.#reader.ask("STRLEN", this.#key(key))));
    return 8 * Math.max(...lengths.map(integerIn));
  }

  async #members(key: string): Promise<readonly string[]> {
    return arrayIn(await this.#reader.ask("SMEMBERS", this.#key(key)))
      .map(textIn)
      .sort();
  }

  async #bits(key: string, start: number, count: number): Promise<Buffer> {
    const range = [String(start / 8), String((start + count) / 8 - 1)];
    return bytesIn(await this.#reader.ask("GETRANGE", this.#key(key), ...range));
  }

  #key(key: string): string {
    return `${this.#prefix}:${key}`;
  }
}

function owner(name: string, kpi: KpiName | null): string {
  return kpi === null ? name : `${name}/${kpi}`;
}
