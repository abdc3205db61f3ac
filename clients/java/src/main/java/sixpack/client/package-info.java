/**
 * Client of the Sixpack A/B testing server; {@link sixpack.client.Session} is where to begin.
 *
 * <p>A test is never in the way of the page: whatever happens between here and the server, a call returns within its
 * time-out, and what went wrong is told to a hook, not thrown.
 */
package sixpack.client;
