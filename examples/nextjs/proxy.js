/**
 * Gives each visitor a client id before anything is rendered, so that server and browser are the same client from the
 * first visit on: the page of this request finds it among its cookies, and the browser keeps it. Next.js 15 and older
 * call this file `middleware.js` and the function `middleware`.
 */
import { Session } from "@sixpack/client";
import { NextResponse } from "next/server";
import { SIXPACK_URL } from "./experiments.js";

export function proxy(request) {
  const session = new Session(SIXPACK_URL, { cookie: request.headers.get("cookie") ?? "" });
  request.cookies.set("sixpack_client_id", session.clientId);
  const response = NextResponse.next({ request: { headers: request.headers } });
  response.headers.append("Set-Cookie", session.setCookie);
  return response;
}

export const config = { matcher: ["/((?!_next/|.*\\.).*)"] };
