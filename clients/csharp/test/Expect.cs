using System;
using System.Collections.Generic;
using System.Linq;

namespace SixpackAb.Tests
{
    /// <summary>What tests expect.</summary>
    internal static class Expect
    {
        /// <summary>Lists, dictionaries and numbers are the same when their JSON is.</summary>
        public static void Same(object expected, object got)
        {
            Holds(Sorted(expected) == Sorted(got), Json.Write(expected) + ", got " + Json.Write(got));
        }

        public static void Holds(bool condition, string expected)
        {
            if (!condition) throw new Exception("Expected " + expected);
        }

        /// <summary>The message of what is thrown.</summary>
        public static string BadArgument(Action work)
        {
            try
            {
                work();
            }
            catch (ArgumentException expected)
            {
                return expected.Message;
            }
            throw new Exception("Expected an ArgumentException, got none");
        }

        private static string Sorted(object value)
        {
            var fields = value as IEnumerable<KeyValuePair<string, object>>;
            if (fields != null)
            {
                return "{" + string.Join(",", fields.OrderBy(field => field.Key, StringComparer.Ordinal)
                    .Select(field => Json.Write(field.Key) + ":" + Sorted(field.Value))) + "}";
            }
            var items = value as IEnumerable<object>;
            return items == null ? Json.Write(value) : "[" + string.Join(",", items.Select(Sorted)) + "]";
        }
    }
}
