/** A type whose members are read-only for everybody else, as whoever makes the value fills it in. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
