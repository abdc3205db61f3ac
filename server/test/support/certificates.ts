/** Certificates of a test's own: an authority, and one for `localhost` that it signed; both sides use it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export class Certificates {
  readonly folder: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;

  static async make(): Promise<Certificates> {
    const folder = await mkdtemp(join(tmpdir(), "sixpack-tls-"));
    const openssl = (...words: readonly string[]) => promisify(execFile)("openssl", words, { cwd: folder });
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    await openssl("req", "-x509", ...key, "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem");
    await openssl("req", ...key.slice(0, 5), "-subj", "/CN=localhost", "-keyout", "own.key", "-out", "own.csr");
    const signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"];
    await openssl("x509", "-req", "-in", "own.csr", ...signing, "-out", "own.pem");
    return new Certificates(folder);
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.ca = join(folder, "ca.pem");
    this.cert = join(folder, "own.pem");
    this.key = join(folder, "own.key");
  }

  /** Arguments of a redis-server that speaks TLS alone on a port, and asks callers for a certificate. */
  serving(port: number): readonly string[] {
    return [
      ...["--tls-port", String(port), "--tls-auth-clients", "yes"],
      ...["--tls-cert-file", this.cert, "--tls-key-file", this.key, "--tls-ca-cert-file", this.ca],
    ];
  }

  /** Arguments of a redis-cli that speaks to such a one. */
  get asking(): readonly string[] {
    return ["--tls", "--cert", this.cert, "--key", this.key, "--cacert", this.ca];
  }

  /** Keys of the configuration for such servers. */
  get configured(): Readonly<Record<string, string>> {
    return { redis_tls_ca: this.ca, redis_tls_cert: this.cert, redis_tls_key: this.key };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
