/** For workerd, Cloudflare's runtime: takes part at the address that a request names and answers what was found. */
import { participateAll } from "batch.js";
import { Session } from "index.js";
import { LocalAssigner } from "local.js";
import { ConversionQueue } from "queue.js";
import { takePart } from "take-part.mjs";

export const visitor = {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const found = await takePart(
      { Session, participateAll, LocalAssigner, ConversionQueue },
      searchParams.get("base"),
      searchParams.get("wins"),
    );
    return Response.json(found);
  },
};
