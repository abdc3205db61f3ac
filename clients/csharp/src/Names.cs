using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;

namespace SixpackAb
{
    /// <summary>The rules that arguments must keep before anything is sent. Breaking one is a mistake in the program.</summary>
    internal static class Names
    {
        private const int AlternativesMax = 100;
        private const int ExperimentLengthMax = 255;
        private const decimal ValueMax = 1e12m;

        private static readonly Regex Name = new Regex(@"^[A-Za-z0-9][A-Za-z0-9_-]{0,254}\z");
        private static readonly Regex ApiKey = new Regex(@"^[\x21-\x7e]+\z");

        /// <summary>The server's rule: any text it can keep unchanged, but for the two that browsers take for a step in a path.</summary>
        public static void CheckExperiment(string name)
        {
            bool fits = !string.IsNullOrEmpty(name)
                && Text.IsUnicode(name)
                && Text.CodePoints(name) <= ExperimentLengthMax
                && !name.Any(char.IsControl)
                && name != "." && name != "..";
            Expect(fits, "an experiment of 1 to 255 characters without control characters, not . or ..", name);
        }

        public static void CheckName(string what, string name)
        {
            Expect(name != null && Name.IsMatch(name), what + " of 1 to 255 letters, digits, - or _", name);
        }

        public static void CheckAlternatives(IReadOnlyList<string> names)
        {
            bool fits = names.Count >= 2 && names.Count <= AlternativesMax;
            Expect(fits, "2 to " + AlternativesMax + " alternatives", names.Count);
            foreach (string name in names) CheckName("an alternative", name);
            Expect(names.Distinct().Count() == names.Count, "different alternatives", string.Join(", ", names));
        }

        public static void CheckOptions(ParticipateOptions options, int alternatives)
        {
            double? fraction = options.TrafficFraction;
            Expect(fraction == null || (fraction > 0 && fraction <= 1), "a traffic fraction in (0, 1]", fraction);
            CheckNumber("a covariate", options.Covariate);
            IReadOnlyList<double> weights = options.Weights;
            bool fits = weights == null
                || (weights.Count == alternatives && weights.All(weight => weight >= 0 && !double.IsInfinity(weight)));
            Expect(fits, "a weight per alternative, none negative", weights == null ? null : string.Join(", ", weights));
        }

        public static void CheckNumber(string what, decimal? value)
        {
            Expect(value == null || Math.Abs(value.Value) <= ValueMax, what + " from -1e12 to 1e12", value);
        }

        public static void CheckApiKey(string key)
        {
            // Messages go to logs, where a key must not be read.
            Expect(key == null || ApiKey.IsMatch(key), "an API key of letters, digits and signs", "another text");
        }

        /// <exception cref="ArgumentException">Unless it holds.</exception>
        public static void Expect(bool holds, string expected, object got)
        {
            if (holds) return;
            string shown = got == null ? "nothing" : Convert.ToString(got, CultureInfo.InvariantCulture);
            throw new ArgumentException("Expected " + expected + ", got " + (got is string ? "\"" + shown + "\"" : shown));
        }
    }
}
