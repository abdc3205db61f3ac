/** The frame around the pages of access and actions: one place that knows how a page of the dashboard is put together. */
import type { FastifyReply } from "fastify";
import type { VNode } from "preact";
import { sendPage } from "./answer.ts";
import { Layout } from "./pages/layout.tsx";

export interface Screen {
  readonly title: string;
  readonly content: VNode;
}

export async function sendScreen(
  reply: FastifyReply,
  status: number,
  { title, content }: Screen,
): Promise<FastifyReply> {
  return sendPage(reply, status, <Layout title={title}>{content}</Layout>);
}
