/** The same, to be changed in place by whoever made it. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
