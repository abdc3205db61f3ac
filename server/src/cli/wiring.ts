/** Turns the configuration into the options of the services. */
import type { CorsOptions } from "../api/cors.ts";
import { robotPattern } from "../config/robots.ts";
import type { Config } from "../config/schema.ts";
import { thompson } from "../domain/policy/thompson.ts";
import { UNIFORM } from "../domain/policy/uniform.ts";
import { parseDimensions } from "../domain/segments.ts";
import { secretBytes, type Webhook, webhookId } from "../domain/webhook.ts";
import { HOUR_MS } from "../lib/time.ts";
import { ignoring } from "../ops/networks.ts";
import { Quota } from "../ops/quota.ts";
import type { ServiceSettings } from "../service/context.ts";

/** @param nowMs the clock of quotas */
export function serviceSettings(config: Config, nowMs: () => number): ServiceSettings {
  const newExperimentsMax = config.new_experiments_per_hour;
  return {
    enabled: config.enabled,
    visitorFilter: {
      robots: robotPattern(config.robot_regex),
      ignores: ignoring(config.ignored_ip_addresses),
    },
    defaultPolicy: config.enable_whiplash ? thompson.begin({}) : UNIFORM,
    dimensions: parseDimensions(config.segments),
    newExperiments:
      newExperimentsMax === 0 ? undefined : new Quota({ max: newExperimentsMax, windowMs: HOUR_MS, nowMs }),
    keepClientIds: config.keep_client_ids,
  };
}

export function webhooksOf({ webhooks }: Config): readonly Webhook[] {
  return webhooks.map(({ url, secret, events, format = "json" }) => ({
    ...{ id: webhookId(url), url, events, format },
    secret: secret === undefined ? undefined : secretBytes(secret),
  }));
}

export function corsOptions(config: Config): CorsOptions {
  return {
    origin: config.cors_origin,
    headers: config.cors_headers,
    credentials: config.cors_credentials,
    methods: config.cors_methods,
    exposeHeaders: config.cors_expose_headers,
  };
}
