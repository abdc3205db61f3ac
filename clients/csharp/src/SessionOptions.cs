using System;
using System.Collections.Generic;

namespace SixpackAb
{
    /// <summary>Whether the client id is kept in a cookie.</summary>
    public enum Storage
    {
        /// <summary>The cookie is read, and set for a new client; also one whose id is given.</summary>
        Cookie,

        /// <summary>No cookie is read or set, as before consent.</summary>
        None,
    }

    /// <summary>The settings of a <see cref="Session"/>. None is needed.</summary>
    public sealed class SessionOptions
    {
        internal static readonly TimeSpan TimeoutMax = TimeSpan.FromDays(1);

        /// <summary>Who is randomised: 1 to 1024 UTF-16 code units. Without one the cookie's, else a new UUID.</summary>
        public string ClientId { get; set; }

        /// <summary>The <c>Cookie</c> header of the request at hand.</summary>
        public string Cookie { get; set; }

        /// <summary>The query string of the page at hand, which may force alternatives: <c>?sixpack-force-button=blue</c>.</summary>
        public string Query { get; set; }

        /// <summary>
        /// The visitor's address, so that the server can leave out ignored ones: that of the connection; a forwarding header
        /// only behind a proxy that you know.
        /// </summary>
        public string IPAddress { get; set; }

        /// <summary>The <c>User-Agent</c> header of the request at hand, so that the server can leave out robots.</summary>
        public string UserAgent { get; set; }

        /// <summary>
        /// The longest time that one call may take, from the look-up of the name to the last byte: more than none, at most a
        /// day. By default 500 ms.
        /// </summary>
        public TimeSpan Timeout { get; set; } = TimeSpan.FromMilliseconds(500);

        /// <summary>How often a conversion or a link is tried again: 0 or more. By default 2.</summary>
        public int Retries { get; set; } = 2;

        /// <summary>
        /// Who is told of everything that went wrong; what it throws is ignored. By default a line on
        /// <see cref="Console.Error"/>.
        /// </summary>
        public Action<Failure> OnFailure { get; set; }

        /// <summary>Whether the client id is kept in a cookie. By default it is, unless one is given.</summary>
        public Storage? Storage { get; set; }

        /// <summary>Domain of the cookie, such as <c>example.com</c>, so that the hosts of a site share their visitors.</summary>
        public string CookieDomain { get; set; }

        /// <summary>Parts of the visitors that this one belongs to, by dimension: <c>plan</c> is <c>pro</c>.</summary>
        public IReadOnlyDictionary<string, string> Segments { get; set; }

        /// <summary>Key for an open server, of its <c>api_keys</c>. It is sent in a header, never in an address.</summary>
        public string ApiKey { get; set; }

        internal SessionOptions Copy()
        {
            return (SessionOptions)MemberwiseClone();
        }
    }
}
