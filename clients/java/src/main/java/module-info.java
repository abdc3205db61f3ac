/** Client of the Sixpack A/B testing server. Needs nothing but {@code java.base}. */
module sixpack.client {
  exports sixpack.client;
}
