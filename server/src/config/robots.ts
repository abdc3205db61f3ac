/** Who is no visitor, by user agent: a list of today, that of Sixpack 2.7, or a pattern of one's own. */

/** The robots of Sixpack 2.7. `$^` matches an empty user agent. */
const ORIGINAL =
  "$^|trivial|facebook|MetaURI|butterfly|google|amazon|goldfire|sleuth|xenu|msnbot|SiteUptime|Slurp|WordPress|ZIBB|ZyBorg|pingdom|bot|yahoo|slurp|java|fetch|spider|url|crawl|oneriot|abby|commentreader|twiceler";

/**
 * Robots of today, by what they call themselves. Words are whole where people's devices and apps have them as a part:
 * phones of CUBOT, the app of Yahoo! Japan, Amazon's Fire TV, Google's Nest Hub.
 */
const MODERN = [
  // Nobody.
  "^$",
  // Crawlers, and what says where to read about itself.
  String.raw`(?<!\bcu)bots?(?![a-z])|(?<![a-z])bot-|crawl|spider|slurp|scrapy|scraper|archiver|\+https?:`,
  // Google without "bot", and what else reads feeds and pages for somebody.
  String.raw`\b(?:mediapartners|apis|feedfetcher)-google\b|\bgoogle(?:-[a-z]|other| favicon| web preview|docs)`,
  String.raw`facebookexternalhit|facebookcatalog|meta-external|^whatsapp\/|skypeuripreview|\bembedly\b|link ?preview|y!j-|wordpress\/`,
  // Programs that answer people's questions.
  String.raw`\b(?:chatgpt|claude|perplexity|mistralai|anthropic|cohere|gemini)-(?:user|ai|web)|google-extended`,
  // Browsers that nobody looks at.
  "headless|phantomjs|puppeteer|playwright|selenium|lighthouse|prerender|gtmetrix|webpagetest|pagespeed|ptst",
  // Monitors.
  "pingdom|uptime|statuscake|site24x7|checkly|datadog|newrelic|health-?check|monitoring",
  // Libraries for HTTP. Those of apps (okhttp, Dart, CFNetwork) are left out: people use apps.
  String.raw`^node\b|node-fetch|undici|axios\/|python|aiohttp|httpx\/|go-http-client|java\/|apache-httpclient|jakarta`,
  String.raw`\bcurl\/|libcurl|wget|libwww|lwp::|guzzle|php\/|^ruby\b|faraday|http\.rb|restsharp|httpie|postman|insomnia|fetch(?:er)?\b`,
].join("|");

/** What stands for a list. */
const LISTS: ReadonlyMap<string, string> = new Map(Object.entries({ modern: MODERN, original: ORIGINAL }));

export const ROBOTS_DEFAULT = "modern";

/** The original matched without regard to case; `(?i)` at the start of a pattern of its time says so twice. */
export function robotPattern(source: string): RegExp {
  const pattern = LISTS.get(source) ?? source;
  return new RegExp(pattern.replace(/^\(\?i\)/, ""), "i");
}

export function robotRegexProblem(source: string): string | undefined {
  try {
    robotPattern(source);
    return undefined;
  } catch (error) {
    return `\`modern\`, \`original\` or a regular expression of JavaScript (${error instanceof Error ? error.message : String(error)})`;
  }
}
