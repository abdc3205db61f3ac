/** For Node, Bun and Deno: takes part at the address that is the first argument and prints what was found. */
import { participateAll } from "../../clients/typescript/dist/batch.js";
import { Session } from "../../clients/typescript/dist/index.js";
import { LocalAssigner } from "../../clients/typescript/dist/local.js";
import { ConversionQueue } from "../../clients/typescript/dist/queue.js";
import { takePart } from "./take-part.mjs";

const [baseUrl, wins] = process.argv.slice(2);
console.log(JSON.stringify(await takePart({ Session, participateAll, LocalAssigner, ConversionQueue }, baseUrl, wins)));
