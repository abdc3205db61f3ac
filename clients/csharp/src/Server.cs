using System;
using System.Collections.Concurrent;

namespace SixpackAb
{
    /// <summary>What this process knows of a server: that it was silent just now, and that it takes no batches.</summary>
    internal sealed class Server
    {
        /// <summary>How long nobody waits for a server that was silent: a page with five experiments waits once.</summary>
        private static readonly TimeSpan Silence = TimeSpan.FromSeconds(2);

        private static readonly ConcurrentDictionary<string, Server> Known = new ConcurrentDictionary<string, Server>();

        public volatile bool TakesBatches = true;

        private readonly object gate = new object();
        private TimeSpan? answeredAt;
        private TimeSpan? silentSince;

        /// <summary>By base URL, of which a program has few.</summary>
        public static Server At(string baseUrl)
        {
            return Known.GetOrAdd(baseUrl, _ => new Server());
        }

        public bool IsSilent
        {
            get
            {
                lock (gate) return silentSince != null && Clock.Now - silentSince < Silence;
            }
        }

        public void Answered()
        {
            lock (gate)
            {
                answeredAt = Clock.Now;
                silentSince = null;
            }
        }

        /// <summary>
        /// A call that began at <paramref name="since"/> got no answer. Where others did meanwhile, it was a slow one among
        /// them.
        /// </summary>
        public void WasSilent(TimeSpan since)
        {
            lock (gate)
            {
                if (answeredAt == null || answeredAt <= since) silentSince = Clock.Now;
            }
        }
    }
}
