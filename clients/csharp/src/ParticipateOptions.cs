using System.Collections.Generic;

namespace SixpackAb
{
    /// <summary>What a participation may be told besides its alternatives.</summary>
    public sealed class ParticipateOptions
    {
        internal static readonly ParticipateOptions None = new ParticipateOptions();

        /// <summary>Share of clients that take part, in (0, 1]. Without it the stored one is left alone.</summary>
        public double? TrafficFraction { get; set; }

        /// <summary>One per alternative, none negative; they count when the experiment is made.</summary>
        public IReadOnlyList<double> Weights { get; set; }

        /// <summary>
        /// A number about the client from before the test, such as its orders of the last 90 days, from -1e12 to 1e12. The
        /// server keeps that of the first participation. Null where nothing is known.
        /// </summary>
        public decimal? Covariate { get; set; }

        /// <summary>Whether to ask without taking part.</summary>
        public bool Prefetch { get; set; }

        /// <summary>The alternative to return, without a request unless it is recorded. Ignored when it isn't one.</summary>
        public string Force { get; set; }

        /// <summary>Whether the server is told of the alternative that is forced.</summary>
        public bool RecordForce { get; set; }
    }
}
