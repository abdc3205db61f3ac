import { describe, expect, it } from "vitest";
import { ROBOTS_DEFAULT, robotPattern } from "../../src/config/robots.ts";

const CHROME = "Chrome/130.0.0.0 Mobile Safari/537.36";
const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

/** Whom the list of Sixpack 2.7 takes for robots. */
const PEOPLE_MISJUDGED = [
  `Mozilla/5.0 (Linux; Android 11; CUBOT_X30) ${WEBKIT} ${CHROME}`,
  `Mozilla/5.0 (Linux; Android 13; CUBOT KING KONG 9 Build/TP1A) ${WEBKIT} ${CHROME}`,
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 YJApp-IOS jp.co.yahoo.ipn.appli/4.62",
  `Mozilla/5.0 (Linux; Android 9; AFTSSS Build/PS7233; wv) ${WEBKIT} Version/4.0 ${CHROME} cordova-amazon-fireos/3.4 AmazonWebAppPlatform/3.4`,
  `Mozilla/5.0 (Linux; Android 12.0; Google Nest Hub) ${WEBKIT} ${CHROME} CrKey/1.56.500000 DeviceType/SmartDisplay`,
  "UCWEB/2.0 (Java; U; MIDP-2.0; en-US; nokia6300) U2/1.0.0 UCBrowser/9.4 U2/1.0.0 Mobile",
];

const PEOPLE = [
  "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
  `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${WEBKIT} ${CHROME}`,
  `Mozilla/5.0 (Linux; Android 14; SM-S918B) ${WEBKIT} SamsungBrowser/25.0 ${CHROME}`,
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/468.0;FBDV/iPhone15,2]",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/320.0 Mobile/15E148 Safari/604.1",
  "okhttp/4.12.0",
  "Dart/3.4 (dart:io)",
];

/** Whom it counts. */
const ROBOTS_MISSED = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Linux; Android 11; moto g power) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36 Chrome-Lighthouse",
  "python-requests/2.32.3",
  "Go-http-client/2.0",
  "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Claude-User/1.0; +Claude-User@anthropic.com)",
  "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0",
  "Uptime-Kuma/1.23.13",
  "Scrapy/2.11.2 (+https://scrapy.org)",
  "axios/1.7.7",
  "Wget/1.21.3",
  "node",
  "meta-externalagent/1.1",
  "WhatsApp/2.23.20.0 A",
  "PostmanRuntime/7.40.0",
];

const ROBOTS = [
  "",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
  "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
  "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
  "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider)",
  "AdsBot-Google (+http://www.google.com/adsbot.html)",
  "Mediapartners-Google",
  "GoogleOther",
  "Java/1.8.0_292",
  "facebookexternalhit/1.1",
  "curl/8.5.0",
  "WordPress/6.6; https://example.com",
];

describe("the robots of today", () => {
  const modern = robotPattern("modern");

  it("are the default", () => {
    expect(ROBOTS_DEFAULT).toBe("modern");
  });

  it.each([...PEOPLE_MISJUDGED, ...PEOPLE])("are not people: %s", (agent) => {
    expect(modern.test(agent)).toBe(false);
  });

  it.each([...ROBOTS_MISSED, ...ROBOTS])("are known by what they call themselves: %j", (agent) => {
    expect(modern.test(agent)).toBe(true);
  });
});

describe("the robots of Sixpack 2.7", () => {
  const original = robotPattern("original");

  it("are those of 2.7, with whom it misjudges", () => {
    for (const agent of [...PEOPLE_MISJUDGED, ...ROBOTS]) expect([agent, original.test(agent)]).toEqual([agent, true]);
    for (const agent of PEOPLE) expect([agent, original.test(agent)]).toEqual([agent, false]);
  });
});

it("is a pattern of one's own otherwise", () => {
  expect(robotPattern("(?i)checker").test("LinkChecker/9")).toBe(true);
  expect(robotPattern("constructor").test("constructor")).toBe(true);
});
