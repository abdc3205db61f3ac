/** Checks of values by a schema, for places that see thousands: what `Check` of typebox does, compiled at the first use. */
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";

export function checker<Schema extends TSchema>(schema: Schema): (value: unknown) => value is Static<Schema> {
  let check: ((value: unknown) => boolean) | undefined;
  return (value): value is Static<Schema> => {
    if (check === undefined) {
      const compiled = Compile(schema);
      check = (one) => compiled.Check(one);
    }
    return check(value);
  };
}
