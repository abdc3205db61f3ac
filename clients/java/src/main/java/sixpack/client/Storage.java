package sixpack.client;

/** Whether the client id is kept in a cookie. */
public enum Storage {
  /** The cookie is read, and set for a new client; also one whose id is given. */
  COOKIE,
  /** No cookie is read or set, as before consent. */
  NONE
}
