/** Answers that browsers save as a file, under a name made from that of an experiment. */
import type { FastifyReply } from "fastify";

/** Longest part of a file's name that comes from an experiment, in characters: file systems stop at 255 bytes. */
const FILE_NAME_LENGTH_MAX = 50;

/** @param nameOf the file's name around the experiment's, such as `sixpack_export_<experiment>.csv` */
export function attach(reply: FastifyReply, experiment: string, nameOf: (experiment: string) => string): void {
  const short = [...experiment].slice(0, FILE_NAME_LENGTH_MAX).join("");
  // A header takes no quotes or line ends, a file system no slashes, and nobody a mark that turns the letters round.
  const plain = nameOf(short.replace(/[^\w.-]/g, "_"));
  const full = nameOf(short.replace(/[^\p{L}\p{M}\p{N}_.-]/gu, "_"));
  const extended = full === plain ? "" : `; filename*=UTF-8''${encodeURIComponent(full)}`;
  reply.header("content-disposition", `attachment; filename="${plain}"${extended}`);
}
