using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace SixpackAb
{
    /// <summary>Who the client is: the cookie that every language shares, or a new UUID.</summary>
    internal static class ClientId
    {
        private const string CookieName = "sixpack_client_id";
        private const int CookieAgeS = 34560000;
        /// <summary>In UTF-16 code units, as the server counts.</summary>
        private const int LengthMax = 1024;

        private static readonly Regex Pair = new Regex("(?:^|; *)" + CookieName + "=([^;]*)");
        private static readonly Regex BadEscape = new Regex("%(?![0-9A-Fa-f]{2})");
        private static readonly Regex Domain = new Regex(@"^[A-Za-z0-9.-]+\z");

        /// <summary>A UUID, version 4: that of <see cref="Guid"/> is not promised to be from a cryptographic source.</summary>
        public static string Random()
        {
            var bytes = new byte[16];
            using (RandomNumberGenerator random = RandomNumberGenerator.Create()) random.GetBytes(bytes);
            bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
            bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
            string hex = string.Concat(bytes.Select(letter => letter.ToString("x2", CultureInfo.InvariantCulture)));
            return string.Join(
                "-", hex.Substring(0, 8), hex.Substring(8, 4), hex.Substring(12, 4), hex.Substring(16, 4), hex.Substring(20));
        }

        public static void Check(string text)
        {
            Names.Expect(text != null && IsOne(text), "a client id of 1 to 1024 characters", text);
        }

        public static bool IsOne(string text)
        {
            return text != "" && text.Length <= LengthMax && text.IndexOf('\0') < 0 && Text.IsUnicode(text);
        }

        /// <summary>The client id in a Cookie header, null where there is none.</summary>
        public static string FromCookie(string header)
        {
            Match found = Pair.Match(header);
            if (!found.Success) return null;
            string text = Decoded(found.Groups[1].Value);
            return IsOne(text) ? text : null;
        }

        public static string Cookie(string clientId, string domain)
        {
            string at = domain == null ? "" : "; Domain=" + domain;
            string value = Text.PercentEncoded(clientId);
            return CookieName + "=" + value + "; Path=/; Max-Age=" + CookieAgeS + "; SameSite=Lax" + at;
        }

        public static void CheckDomain(string domain)
        {
            Names.Expect(domain == null || Domain.IsMatch(domain), "a cookie domain like example.com", domain);
        }

        /// <summary>What can't be decoded is taken as it stands.</summary>
        private static string Decoded(string text)
        {
            if (BadEscape.IsMatch(text)) return text;
            try
            {
                return Text.Utf8(Text.PercentDecoded(text));
            }
            catch (ArgumentException)
            {
                return text;
            }
        }
    }
}
