using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;

namespace SixpackAb
{
    /// <summary>
    /// Host names to addresses, within a deadline: the platform's look-up knows none, so each name has a thread that waits.
    /// </summary>
    internal static class Lookup
    {
        /// <summary>How long addresses are used before the name is looked up again.</summary>
        private static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(30);

        private static readonly ConcurrentDictionary<string, Found> Known = new ConcurrentDictionary<string, Found>();
        private static readonly Dictionary<string, Task<Found>> Running = new Dictionary<string, Task<Found>>();

        private sealed class Found
        {
            public IPAddress[] Addresses;
            public TimeSpan At;
        }

        /// <summary>Old addresses are better than none where the resolver is silent.</summary>
        public static async Task<IPAddress[]> Of(string host, Deadline deadline)
        {
            IPAddress numeric;
            if (IPAddress.TryParse(host, out numeric)) return new[] { numeric };
            Found last;
            Known.TryGetValue(host, out last);
            if (last != null && Clock.Now - last.At < AgeMax) return last.Addresses;
            using (Deadline patience = deadline.Share(last == null ? 0 : 1))
            {
                try
                {
                    return (await patience.Await(LookUp(host), () => { }).ConfigureAwait(false)).Addresses;
                }
                catch (Exception) when (last != null)
                {
                    return last.Addresses;
                }
            }
        }

        /// <summary>An address that accepted is the first to be tried the next time.</summary>
        public static void Prefer(string host, IPAddress address)
        {
            Found found;
            if (!Known.TryGetValue(host, out found) || found.Addresses[0].Equals(address)) return;
            Known[host] = new Found { Addresses = WithFirst(address, found.Addresses), At = found.At };
        }

        /// <summary>A look-up of the name, the one under way where there is one.</summary>
        private static Task<Found> LookUp(string host)
        {
            lock (Running)
            {
                Task<Found> work;
                if (Running.TryGetValue(host, out work)) return work;
                work = Task.Factory.StartNew(
                    () => Work(host), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                Deadline.Ignore(work);
                Running[host] = work;
                return work;
            }
        }

        private static Found Work(string host)
        {
            try
            {
                IPAddress[] addresses = Dns.GetHostAddresses(host);
                Found last;
                if (Known.TryGetValue(host, out last)) addresses = WithFirst(last.Addresses[0], addresses);
                var found = new Found { Addresses = addresses, At = Clock.Now };
                if (addresses.Length > 0) Known[host] = found;
                return found;
            }
            finally
            {
                lock (Running) Running.Remove(host);
            }
        }

        private static IPAddress[] WithFirst(IPAddress first, IPAddress[] addresses)
        {
            return addresses.OrderBy(address => address.Equals(first) ? 0 : 1).ToArray();
        }
    }
}
