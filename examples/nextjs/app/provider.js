"use client";

import { Session } from "@sixpack/client";
import { ConversionQueue } from "@sixpack/client/queue";
import { SixpackProvider } from "@sixpack/client/react";
import { useState } from "react";
import { SIXPACK_URL } from "../experiments.js";

/** The browser's session, with the id that the server used. */
export function Experiments({ clientId, assignments, children }) {
  const [{ session, queue }] = useState(() => {
    const session = new Session(SIXPACK_URL, { clientId, storage: "cookie" });
    return { session, queue: new ConversionQueue(session) };
  });
  return (
    <SixpackProvider session={session} queue={queue} assignments={assignments}>
      {children}
    </SixpackProvider>
  );
}
