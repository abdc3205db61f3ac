/** Looking at many experiments, or ending one, where what is stored of one may make no sense: that costs it alone. */
import { isOfExperiment } from "../domain/errors.ts";

/** What is read; `otherwise` where it was damaged, or written by hand. Rejects with every other failure. */
export async function unlessUnreadable<T, Otherwise>(
  reading: Promise<T>,
  otherwise: Otherwise,
): Promise<T | Otherwise> {
  try {
    return await reading;
  } catch (error) {
    if (isOfExperiment(error)) return otherwise;
    throw error;
  }
}
