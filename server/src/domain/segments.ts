/** Dimensions by which participants are told apart, such as device or country, and the bytes that stand for their values. */

/** Most dimensions of an experiment. */
export const DIMENSIONS_MAX = 4;
