/** A dashboard whose people log in at a real provider: configured as docs/single-sign-on.md says, over sockets. */
import { readFileSync } from "node:fs";
import type { FastifyInstance } from "fastify";
import { accessOptions } from "../../../src/cli/wiring-access.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { proxyTrust } from "../../../src/ops/networks.ts";
import type { WebOptions } from "../../../src/web/http/web-options.ts";
import { CLIENT, type IdentityProvider, startIdentityProvider } from "../../support/identity-provider.ts";
import * as make from "../../support/make.ts";
import { clusterPort } from "../../support/ports.ts";
import { createExperiment, openApp } from "../support.ts";
import { Visitor } from "./visitor.ts";

const DOC = readFileSync(new URL("../../../../docs/single-sign-on.md", import.meta.url), "utf8");
const SECRETS: Readonly<Record<string, string>> = {
  "/etc/sixpack/oidc-secret": `${CLIENT.secret}\n`,
  "/etc/sixpack/secret-key": "a secret for tests\n",
};

export class SignOnScene {
  readonly context = make.context();
  readonly webUrl: string;
  readonly provider: IdentityProvider;
  #app: FastifyInstance | undefined;

  static async start(): Promise<SignOnScene> {
    const port = await clusterPort();
    const webUrl = `http://127.0.0.1:${port}`;
    const scene = new SignOnScene(webUrl, await startIdentityProvider(webUrl));
    await createExperiment(scene.context, "button");
    scene.#app = openApp(scene.context, await scene.optionsOf());
    await scene.#app.listen({ port, host: "127.0.0.1" });
    return scene;
  }

  private constructor(webUrl: string, provider: IdentityProvider) {
    this.webUrl = webUrl;
    this.provider = provider;
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.provider.close();
  }

  /** The configuration of the page, with the addresses of this scene. */
  async optionsOf(change: (yaml: string) => string = (yaml) => yaml): Promise<Partial<WebOptions>> {
    const [, written = ""] = /```yaml\n([\s\S]*?)```/.exec(DOC) ?? [];
    const yaml = change(
      written
        .replaceAll(/^ {3}/gm, "")
        .replace("https://ab.example.com", this.webUrl)
        .replace("https://login.example.com", this.provider.issuer),
    );
    const loaded = loadConfig({
      flags: new Map(),
      configPath: "sixpack.yml",
      env: {},
      readFile: (path) => (path === "sixpack.yml" ? yaml : SECRETS[path]),
      dashboard: true,
    });
    if (loaded.kind === "refused") throw new Error(loaded.problems.join("\n"));
    const secretKey = loaded.config.secret_key ?? "";
    const access = await accessOptions(loaded.config, secretKey);
    return { access, secretKey, csrfDisabled: false, trustsProxy: proxyTrust([]) };
  }

  newVisitor(): Visitor {
    return new Visitor(this.webUrl, this.provider.issuer);
  }

  /** The address with which the provider sends a visitor back who typed a name, not yet opened by anybody. */
  async wayBack(visitor: Visitor, name: string, path = "/"): Promise<string> {
    const callback = `${this.webUrl}/login/callback`;
    const form = await visitor.open(path);
    const back = await visitor.open(form.url, { name }, callback);
    if (!back.url.startsWith(callback)) throw new Error(`Expected a way back, got ${visitor.went.join(" → ")}`);
    return back.url;
  }
}
