using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SixpackAb
{
    /// <summary>
    /// JSON as RFC 8259 has it: a dictionary, list, string, number, bool or null. The platform's reader takes less than a whole
    /// text for one, and .NET Standard 2.0 has no other.
    /// </summary>
    internal sealed class Json
    {
        /// <summary>An answer has five levels.</summary>
        private const int DepthMax = 64;
        private const string Escapes = "\"\"\\\\//b\bf\fn\nr\rt\t";

        private static readonly Regex Number = new Regex(@"\G-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,4})?");

        private readonly string text;
        private int at;

        private Json(string text)
        {
            this.text = text;
        }

        /// <exception cref="FormatException">For what is no JSON.</exception>
        public static object Read(string text)
        {
            var json = new Json(text);
            object value = json.Value(0);
            json.SkipSpace();
            if (json.at < text.Length) throw json.Unexpected("the end");
            return value;
        }

        public static string Write(object value)
        {
            var written = new StringBuilder();
            Write(value, written);
            return written.ToString();
        }

        private object Value(int depth)
        {
            if (depth > DepthMax) throw Unexpected("at most " + DepthMax + " levels");
            SkipSpace();
            if (Takes("{")) return Fields(depth);
            if (Takes("[")) return Items(depth);
            if (Takes("\"")) return Text();
            if (Takes("true")) return true;
            if (Takes("false")) return false;
            if (Takes("null")) return null;
            Match number = Number.Match(text, at);
            if (!number.Success) throw Unexpected("a value");
            at += number.Length;
            return new Number(number.Value);
        }

        private Dictionary<string, object> Fields(int depth)
        {
            var fields = new Dictionary<string, object>();
            SkipSpace();
            if (Takes("}")) return fields;
            do
            {
                SkipSpace();
                Need("\"");
                string name = Text();
                SkipSpace();
                Need(":");
                fields[name] = Value(depth + 1);
                SkipSpace();
            } while (Takes(","));
            Need("}");
            return fields;
        }

        private List<object> Items(int depth)
        {
            var items = new List<object>();
            SkipSpace();
            if (Takes("]")) return items;
            do
            {
                items.Add(Value(depth + 1));
                SkipSpace();
            } while (Takes(","));
            Need("]");
            return items;
        }

        private string Text()
        {
            var letters = new StringBuilder();
            while (!Takes("\""))
            {
                char letter = Next();
                if (letter < ' ') throw Unexpected("no control character");
                letters.Append(letter == '\\' ? Escaped() : letter);
            }
            return letters.ToString();
        }

        private char Escaped()
        {
            char letter = Next();
            if (letter == 'u')
            {
                ushort code;
                bool isHex = at + 4 <= text.Length && ushort.TryParse(
                    text.Substring(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code);
                if (!isHex) throw Unexpected("4 hexadecimal digits");
                at += 4;
                return (char)ushort.Parse(text.Substring(at - 4, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            }
            for (int i = 0; i < Escapes.Length; i += 2)
            {
                if (Escapes[i] == letter) return Escapes[i + 1];
            }
            throw Unexpected("an escape");
        }

        private void SkipSpace()
        {
            while (at < text.Length && " \t\n\r".IndexOf(text[at]) >= 0) at++;
        }

        private bool Takes(string wanted)
        {
            if (string.CompareOrdinal(text, at, wanted, 0, wanted.Length) != 0) return false;
            at += wanted.Length;
            return true;
        }

        private void Need(string wanted)
        {
            if (!Takes(wanted)) throw Unexpected(wanted);
        }

        private char Next()
        {
            if (at == text.Length) throw Unexpected("the end of a text");
            return text[at++];
        }

        private FormatException Unexpected(string expected)
        {
            return new FormatException("Expected " + expected + " at character " + at + " of JSON");
        }

        private static void Write(object value, StringBuilder written)
        {
            var fields = value as IEnumerable<KeyValuePair<string, object>>;
            var items = value as IEnumerable<object>;
            var text = value as string;
            if (text != null)
            {
                WriteText(text, written);
            }
            else if (fields != null)
            {
                string between = "{";
                foreach (KeyValuePair<string, object> field in fields)
                {
                    WriteText(field.Key, written.Append(between));
                    Write(field.Value, written.Append(':'));
                    between = ",";
                }
                written.Append(between == "{" ? "{}" : "}");
            }
            else if (items != null)
            {
                string between = "[";
                foreach (object item in items)
                {
                    Write(item, written.Append(between));
                    between = ",";
                }
                written.Append(between == "[" ? "[]" : "]");
            }
            else
            {
                written.Append(value == null ? "null" : value is bool ? ((bool)value ? "true" : "false") : value.ToString());
            }
        }

        private static void WriteText(string text, StringBuilder written)
        {
            written.Append('"');
            foreach (char letter in text)
            {
                if (letter < ' ') written.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
                else if (letter == '"' || letter == '\\') written.Append('\\').Append(letter);
                else written.Append(letter);
            }
            written.Append('"');
        }
    }
}
