/** A page for each server, made from the OpenAPI that it serves; `npm run site` says where it answers. */
import { pageOf } from "./page.mjs";

export default {
  async paths() {
    return Promise.all(
      ["api", "dashboard"].map(async (of) => {
        const address = process.env[`SIXPACK_SITE_${of.toUpperCase()}`];
        if (address === undefined) throw new Error("Expected a server to describe, got none: run npm run site");
        const answer = await fetch(`${address}/openapi.json`);
        return { params: { of }, content: pageOf(await answer.json(), `${of}.json`) };
      }),
    );
  },
};
