/** Asks for all experiments on the server, in one request, and hands the answers to the browser: nothing flickers. */
import { Session } from "@sixpack/client";
import { participateAll } from "@sixpack/client/batch";
import { headers } from "next/headers";
import { EXPERIMENTS, SIXPACK_URL } from "../experiments.js";
import { BuyButton } from "./buy-button.js";
import { Experiments } from "./provider.js";

export default async function Page({ searchParams }) {
  const given = await headers();
  const session = new Session(SIXPACK_URL, {
    cookie: given.get("cookie") ?? "",
    userAgent: given.get("user-agent") ?? undefined,
    query: new URLSearchParams(await searchParams).toString(),
  });
  const assignments = await participateAll(session, EXPERIMENTS);
  return (
    <Experiments clientId={session.clientId} assignments={assignments}>
      <BuyButton />
    </Experiments>
  );
}
