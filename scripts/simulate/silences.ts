/** Alarms of no traffic, by seeded traffic of sites whose days differ: how many are false, and how soon a true one comes. */
import { profileAt, silenceIn, type TrafficProfile } from "../../server/src/domain/traffic-profile.ts";
import { binomialFrom, normalFrom, type Random, seededRandom } from "../../server/src/stats/random.ts";
import { atLeast, notAbove, type Target } from "./target.ts";

/** A Monday, 00:00, in hours since 1970. */
const MONDAY = 24 * 18_897;
const WEEK = 168;
const SITE_WEEKS = 2_000;
const OUTAGES = 2_000;
/** How much days and hours differ from what is usual: the deviation of their logarithm. */
const DAY_SPREAD = 0.35;
const HOUR_SPREAD = 0.25;

type Shape = (hour: number) => number;

/** People at work: from 8 to 20 on weekdays, nobody else. */
const OFFICE: Shape = (hour) => (Math.floor(hour / 24) % 7 < 5 && hour % 24 >= 8 && hour % 24 < 20 ? 1 : 0);
/** A shop: little at night, more on weekends. */
const SHOP: Shape = (hour) => (hour % 24 < 7 ? 0.05 : 1) * (Math.floor(hour / 24) % 7 < 5 ? 1 : 1.5);
const STEADY: Shape = () => 1;

export function silences(): Target[] {
  const random = seededRandom(24);
  const sites = [
    ["an office", OFFICE],
    ["a shop", SHOP],
  ] as const;
  return [
    ...sites.flatMap(([name, shape]) =>
      [20, 100, 1_000].map((rate) => {
        const alarms = falseAlarms(shape, rate, random);
        return notAbove(
          `weeks of ${name}, ${rate} clients an hour, with a false alarm of no traffic`,
          alarms,
          SITE_WEEKS,
          0.01,
        );
      }),
    ),
    atLeast("outages at 100 clients an hour that are told within 3 hours", found(STEADY, 100, random), OUTAGES, 0.95),
  ];
}

/** Site-weeks with an alarm, of sites of four weeks each: from the first hour on. */
function falseAlarms(shape: Shape, rate: number, random: Random): number {
  let alarms = 0;
  for (let week = 0; week < SITE_WEEKS; week += 4) {
    const heard = new Set<number>();
    const came = traffic(shape, rate, random);
    let profile: TrafficProfile | undefined;
    let total = 0;
    for (let hour = 0; hour < 4 * WEEK; hour += 1) {
      profile = profileAt(profile, "site", MONDAY + hour, { joins: total, converts: 0 });
      if (silenceIn(profile, "joins") !== undefined) heard.add(Math.floor(hour / WEEK));
      total += came(hour);
    }
    alarms += heard.size;
  }
  return alarms;
}

/** Outages from a moment in the second week on that are an alarm when three hours have gone by. */
function found(shape: Shape, rate: number, random: Random): number {
  let told = 0;
  for (let outage = 0; outage < OUTAGES; outage += 1) {
    const at = WEEK + Math.floor(random() * WEEK);
    const share = random();
    const came = traffic(shape, rate, random);
    let profile: TrafficProfile | undefined;
    let total = 0;
    // A part of an hour, then whole ones: three hours after its beginning the third has not ended.
    for (let hour = 0; hour <= at + 3; hour += 1) {
      profile = profileAt(profile, "site", MONDAY + hour, { joins: total, converts: 0 });
      total += hour < at ? came(hour) : hour === at ? Math.round(came(hour) * share) : 0;
    }
    if (profile !== undefined && silenceIn(profile, "joins") !== undefined) told += 1;
  }
  return told;
}

/** Clients by the hour: Poisson around what is usual, on days and in hours that differ. */
function traffic(shape: Shape, rate: number, random: Random): (hour: number) => number {
  let day = -1;
  let factor = 1;
  return (hour) => {
    if (Math.floor(hour / 24) !== day) {
      day = Math.floor(hour / 24);
      factor = Math.exp(DAY_SPREAD * normalFrom(random));
    }
    const mean = rate * shape(hour) * factor * Math.exp(HOUR_SPREAD * normalFrom(random));
    // A binomial of many unlikely clients is Poisson.
    return mean === 0 ? 0 : binomialFrom(100_000, Math.min(1, mean / 100_000), random);
  };
}
