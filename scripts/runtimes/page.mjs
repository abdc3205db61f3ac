/** A page rendered by React on the server; the alternative is asked for, or known from the start. */
import { Session } from "@sixpack/client";
import { SixpackProvider, useExperiment } from "@sixpack/client/react";
import { createElement, Suspense } from "react";
import { renderToPipeableStream, version } from "react-dom/server";

const [baseUrl, what] = process.argv.slice(2);
const known = what === "known";
const session = new Session(known ? "http://127.0.0.1:9" : baseUrl, {
  clientId: "reader",
  timeoutMs: 30_000,
  onFailure: ({ message }) => {
    throw new Error(message);
  },
});
const Button = () => createElement("b", null, useExperiment("page", ["red", "blue"]));
const page = createElement(
  SixpackProvider,
  { session, assignments: known ? { page: "blue" } : undefined },
  createElement(Suspense, { fallback: version }, createElement(Button)),
);
const { pipe } = renderToPipeableStream(page, { onAllReady: () => pipe(process.stdout) });
