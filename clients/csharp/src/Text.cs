using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace SixpackAb
{
    /// <summary>What visitors send is bytes; text is made of it, whatever they are.</summary>
    internal static class Text
    {
        /// <summary>Longest address or user agent that is forwarded, in code units: the server takes URLs of 16 KiB.</summary>
        private const int OrnamentLengthMax = 512;
        private const string Unreserved = "-._~";

        private static readonly Encoding Strict = new UTF8Encoding(false, true);

        /// <summary>Whether no surrogate is without its other half.</summary>
        public static bool IsUnicode(string text)
        {
            for (int i = 0; i < text.Length; i++)
            {
                if (!char.IsSurrogate(text[i])) continue;
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return false;
                i++;
            }
            return true;
        }

        /// <summary>Of text without lone surrogates.</summary>
        public static int CodePoints(string text)
        {
            int count = 0;
            foreach (char letter in text) count += char.IsLowSurrogate(letter) ? 0 : 1;
            return count;
        }

        /// <summary>A user agent or an address as it can be sent; null for none. It must not cost a call.</summary>
        public static string Ornament(string text)
        {
            if (text == null) return null;
            string sent = text.Replace("\0", "");
            if (sent.Length > OrnamentLengthMax)
            {
                sent = sent.Substring(0, OrnamentLengthMax - (char.IsHighSurrogate(sent[OrnamentLengthMax - 1]) ? 1 : 0));
            }
            return sent == "" ? null : Scrubbed(sent);
        }

        /// <summary>The same, with U+FFFD for every surrogate without its other half.</summary>
        public static string Scrubbed(string text)
        {
            var scrubbed = new StringBuilder(text);
            for (int i = 0; i < text.Length; i++)
            {
                if (!char.IsSurrogate(text[i])) continue;
                if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1])) i++;
                else scrubbed[i] = '\ufffd';
            }
            return scrubbed.ToString();
        }

        public static string PercentEncoded(string text)
        {
            var encoded = new StringBuilder();
            foreach (byte letter in Encoding.UTF8.GetBytes(text))
            {
                bool stays = letter < 0x80 && (char.IsLetterOrDigit((char)letter) || Unreserved.IndexOf((char)letter) >= 0);
                if (stays) encoded.Append((char)letter);
                else encoded.Append('%').Append(letter.ToString("X2", CultureInfo.InvariantCulture));
            }
            return encoded.ToString();
        }

        /// <summary>The bytes that percent-encoded text stands for; a % that begins no byte stands for itself.</summary>
        public static byte[] PercentDecoded(string text)
        {
            var bytes = new MemoryStream();
            byte[] raw = Encoding.UTF8.GetBytes(text);
            for (int i = 0; i < raw.Length; i++)
            {
                int high = i + 2 < raw.Length ? HexDigit(raw[i + 1]) : -1;
                int low = i + 2 < raw.Length ? HexDigit(raw[i + 2]) : -1;
                bool isEscape = raw[i] == '%' && high >= 0 && low >= 0;
                bytes.WriteByte(isEscape ? (byte)(high << 4 | low) : raw[i]);
                if (isEscape) i += 2;
            }
            return bytes.ToArray();
        }

        /// <exception cref="ArgumentException">Where the bytes are no UTF-8.</exception>
        public static string Utf8(byte[] bytes)
        {
            return Strict.GetString(bytes);
        }

        /// <summary>
        /// The first value of each name in a query string that has one. Visitors put there what they like: what isn't encoded
        /// as it should be stands as it is.
        /// </summary>
        public static Dictionary<string, string> Query(string text)
        {
            var found = new Dictionary<string, string>();
            foreach (string pair in (text.StartsWith("?", StringComparison.Ordinal) ? text.Substring(1) : text).Split('&'))
            {
                int at = pair.IndexOf('=');
                if (at < 0 || at == pair.Length - 1) continue;
                string name = FormDecoded(pair.Substring(0, at));
                if (!found.ContainsKey(name)) found[name] = FormDecoded(pair.Substring(at + 1));
            }
            return found;
        }

        private static string FormDecoded(string text)
        {
            return Encoding.UTF8.GetString(PercentDecoded(text.Replace('+', ' ')));
        }

        private static int HexDigit(byte letter)
        {
            if (letter >= '0' && letter <= '9') return letter - '0';
            int lower = letter | 0x20;
            return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
        }
    }
}
