/** What a request is answered with, before it is written. */
export interface Answer {
  readonly status: number;
  /** JSON, or the text of another content type. */
  readonly body: string;
  /** Left out for JSON. */
  readonly contentType?: string;
  /** Further headers, flat: name, value, name, value. */
  readonly headers?: readonly string[];
}
