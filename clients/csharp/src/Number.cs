using System;
using System.Globalization;

namespace SixpackAb
{
    /// <summary>A number as it is written: nothing is lost between two kinds of numbers.</summary>
    internal sealed class Number
    {
        private readonly string text;

        public Number(string text)
        {
            this.text = text;
        }

        public static Number Of(decimal value)
        {
            return new Number(value.ToString(CultureInfo.InvariantCulture));
        }

        /// <summary>In decimal, without an exponent: <c>0.0000001</c>.</summary>
        public static Number Of(double value)
        {
            string shortest = Shortest(value);
            int exponentAt = shortest.IndexOf('E');
            if (exponentAt < 0) return new Number(shortest);
            int exponent = int.Parse(shortest.Substring(exponentAt + 1), CultureInfo.InvariantCulture);
            string digits = shortest.Substring(0, exponentAt).Replace(".", "").TrimStart('-');
            string sign = value < 0 ? "-" : "";
            // One digit stands before the point.
            if (exponent >= 0) return new Number(sign + digits.PadRight(exponent + 1, '0'));
            return new Number(sign + "0." + new string('0', -exponent - 1) + digits);
        }

        /// <summary>The fewest digits that mean this number: "R" gives more of them on some platforms.</summary>
        private static string Shortest(double value)
        {
            string text = null;
            for (int digits = 15; digits <= 17; digits++)
            {
                text = value.ToString("G" + digits, CultureInfo.InvariantCulture);
                if (double.Parse(text, CultureInfo.InvariantCulture).Equals(value)) break;
            }
            return text;
        }

        public int? AsStatus
        {
            get
            {
                int status;
                return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out status) ? status : (int?)null;
            }
        }

        public override string ToString()
        {
            return text;
        }

        public override bool Equals(object other)
        {
            return other is Number && ((Number)other).text == text;
        }

        public override int GetHashCode()
        {
            return text.GetHashCode();
        }
    }
}
